"""Logging in, as blocking calls: AUTHENTICATE, in one step where the server allows it (RFC 4959), else LOGIN.

One way is tried and no other after it: a second wrong attempt may lock the account.
"""

import base64
from collections.abc import Callable

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.imap.connection import Command, CommandResult, ImapConnection, quoted
from services.scanner.sources.imap.error_mapping import login_fault
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin

_FORBIDDEN = frozenset("\0\r\n")


def log_in(connection: ImapConnection, login: Login) -> None:
    """Raises `PermanentFailure` when the login is refused, OSError when it is not possible at the moment."""
    secret = login.password if isinstance(login, PasswordLogin) else login.access_token
    if _FORBIDDEN & set(login.username + secret):
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED)
    answer = _by_password(connection, login) if isinstance(login, PasswordLogin) else _by_token(connection, login)
    if not answer.ok:
        raise login_fault(answer.text)
    connection.mark_logged_in()


def _by_password(connection: ImapConnection, login: PasswordLogin) -> CommandResult:
    if "AUTH=PLAIN" in connection.capabilities:  # RFC 4616; unlike LOGIN it says in which charset
        return _authenticate(connection, "PLAIN", f"\0{login.username}\0{login.password}", b"")
    if "LOGINDISABLED" in connection.capabilities:
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED)
    name, password = login.username.encode(), login.password.encode()
    if name.isascii() and password.isascii():
        return connection.run(Command("LOGIN", (quoted(name), quoted(password))))
    pieces = iter((name + b" {%d}" % len(password), password))
    return connection.run_dialogue(Command("LOGIN", (b"{%d}" % len(name),)), lambda _: next(pieces, b""))


def _by_token(connection: ImapConnection, login: TokenLogin) -> CommandResult:
    bearer = f"auth=Bearer {login.access_token}\x01\x01"
    if (
        "AUTH=OAUTHBEARER" in connection.capabilities
    ):  # RFC 7628, 3.1; the last line tells that the server's reason was seen
        name = login.username.replace("=", "=3D").replace(",", "=2C")
        return _authenticate(connection, "OAUTHBEARER", f"n,a={name},\x01{bearer}", b"\x01")
    if "AUTH=XOAUTH2" in connection.capabilities:
        return _authenticate(connection, "XOAUTH2", f"user={login.username}\x01{bearer}", b"")
    raise PermanentFailure(ErrorCode.LOGIN_REFUSED)


def _authenticate(connection: ImapConnection, mechanism: str, first: str, then: bytes) -> CommandResult:
    """`first` is all that the mechanism says; to whatever the server still asks, `then` ends the dialogue."""
    encoded = base64.b64encode(first.encode())
    if "SASL-IR" in connection.capabilities:
        return connection.run_dialogue(
            Command("AUTHENTICATE", (mechanism.encode("ascii"), encoded)), _saying(base64.b64encode(then))
        )
    return connection.run_dialogue(
        Command("AUTHENTICATE", (mechanism.encode("ascii"),)), _saying(encoded, base64.b64encode(then))
    )


def _saying(*lines: bytes) -> Callable[[bytes], bytes]:
    """One line after the other, and the last one again if need be."""
    waiting = list(lines)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]
