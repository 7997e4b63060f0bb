"""Authentication, as blocking calls: AUTHENTICATE, in one step where the server allows it (RFC
4959), else LOGIN.

Only one method is tried, because a second wrong attempt may lock the account.
"""

import base64
from collections.abc import Callable

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.imap.connection import Command, CommandResult, ImapConnection, quoted
from services.scanner.sources.imap.error_mapping import login_error
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin

_FORBIDDEN = frozenset("\0\r\n")


def log_in(connection: ImapConnection, login: Login) -> None:
    """Log in.

    Raises `PermanentFailure` if the login is refused, OSError if it is not possible at the moment.
    """
    secret = login.password if isinstance(login, PasswordLogin) else login.access_token
    if _FORBIDDEN & set(login.username + secret):
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=isinstance(login, TokenLogin))
    result = (
        _log_in_by_password(connection, login)
        if isinstance(login, PasswordLogin)
        else _log_in_by_token(connection, login)
    )
    if not result.ok:
        raise login_error(result.text, oauth2=isinstance(login, TokenLogin))
    connection.mark_logged_in()


def _log_in_by_password(connection: ImapConnection, login: PasswordLogin) -> CommandResult:
    if "AUTH=PLAIN" in connection.capabilities:  # RFC 4616; unlike LOGIN it defines the charset
        return _authenticate(connection, "PLAIN", f"\0{login.username}\0{login.password}", b"")
    if "LOGINDISABLED" in connection.capabilities:
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED)
    name, password = login.username.encode(), login.password.encode()
    if name.isascii() and password.isascii():
        return connection.run(Command("LOGIN", (quoted(name), quoted(password))))
    pieces = iter((name + b" {%d}" % len(password), password))
    return connection.run_dialogue(Command("LOGIN", (b"{%d}" % len(name),)), lambda _: next(pieces, b""))


def _log_in_by_token(connection: ImapConnection, login: TokenLogin) -> CommandResult:
    bearer = f"auth=Bearer {login.access_token}\x01\x01"
    if (
        "AUTH=OAUTHBEARER" in connection.capabilities
    ):  # RFC 7628, 3.1; the last line tells that the server's reason was seen
        name = login.username.replace("=", "=3D").replace(",", "=2C")
        return _authenticate(connection, "OAUTHBEARER", f"n,a={name},\x01{bearer}", b"\x01")
    if "AUTH=XOAUTH2" in connection.capabilities:
        return _authenticate(connection, "XOAUTH2", f"user={login.username}\x01{bearer}", b"")
    raise PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=True)


def _authenticate(connection: ImapConnection, mechanism: str, first: str, then: bytes) -> CommandResult:
    """Run AUTHENTICATE: `first` is the whole message of the mechanism, `then` answers any further
    challenge."""
    encoded = base64.b64encode(first.encode())
    if "SASL-IR" in connection.capabilities:
        return connection.run_dialogue(
            Command("AUTHENTICATE", (mechanism.encode("ascii"), encoded)), _replies(base64.b64encode(then))
        )
    return connection.run_dialogue(
        Command("AUTHENTICATE", (mechanism.encode("ascii"),)), _replies(encoded, base64.b64encode(then))
    )


def _replies(*lines: bytes) -> Callable[[bytes], bytes]:
    """Return a reply function that gives one line after the other, then the last one again."""
    unsent = list(lines)
    return lambda _: unsent.pop(0) if len(unsent) > 1 else unsent[0]
