"""Logging in, as blocking calls: AUTHENTICATE, in one step where the server allows it (RFC 4959), else LOGIN.

One way is tried and no other after it: a second wrong attempt may lock the account.
"""

import base64
from collections.abc import Callable

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.imap.connection import Answer, Command, Wire, quoted
from services.scanner.sources.imap.error_mapping import login_fault
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin

_FORBIDDEN = frozenset("\0\r\n")


def log_in(wire: Wire, login: Login) -> None:
    """Raises `PermanentFailure` when the login is refused, OSError when it is not possible at the moment."""
    secret = login.password if isinstance(login, PasswordLogin) else login.access_token
    if _FORBIDDEN & set(login.username + secret):
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=isinstance(login, TokenLogin))
    answer = _by_password(wire, login) if isinstance(login, PasswordLogin) else _by_token(wire, login)
    if not answer.ok:
        raise login_fault(answer.text, oauth2=isinstance(login, TokenLogin))
    wire.now_logged_in()


def _by_password(wire: Wire, login: PasswordLogin) -> Answer:
    if "AUTH=PLAIN" in wire.offered:  # RFC 4616; unlike LOGIN it says in which charset
        return _authenticate(wire, "PLAIN", f"\0{login.username}\0{login.password}", b"")
    if "LOGINDISABLED" in wire.offered:
        raise PermanentFailure(ErrorCode.LOGIN_REFUSED)
    name, password = login.username.encode(), login.password.encode()
    if name.isascii() and password.isascii():
        return wire.run(Command("LOGIN", (quoted(name), quoted(password))))
    pieces = iter((name + b" {%d}" % len(password), password))
    return wire.run_dialogue(Command("LOGIN", (b"{%d}" % len(name),)), lambda _: next(pieces, b""))


def _by_token(wire: Wire, login: TokenLogin) -> Answer:
    bearer = f"auth=Bearer {login.access_token}\x01\x01"
    if "AUTH=OAUTHBEARER" in wire.offered:  # RFC 7628, 3.1; the last line tells that the server's reason was seen
        name = login.username.replace("=", "=3D").replace(",", "=2C")
        return _authenticate(wire, "OAUTHBEARER", f"n,a={name},\x01{bearer}", b"\x01")
    if "AUTH=XOAUTH2" in wire.offered:
        return _authenticate(wire, "XOAUTH2", f"user={login.username}\x01{bearer}", b"")
    raise PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=True)


def _authenticate(wire: Wire, mechanism: str, first: str, then: bytes) -> Answer:
    """`first` is all that the mechanism says; to whatever the server still asks, `then` ends the dialogue."""
    encoded = base64.b64encode(first.encode())
    if "SASL-IR" in wire.offered:
        return wire.run_dialogue(
            Command("AUTHENTICATE", (mechanism.encode("ascii"), encoded)), _saying(base64.b64encode(then))
        )
    return wire.run_dialogue(
        Command("AUTHENTICATE", (mechanism.encode("ascii"),)), _saying(encoded, base64.b64encode(then))
    )


def _saying(*lines: bytes) -> Callable[[bytes], bytes]:
    """One line after the other, and the last one again if need be."""
    waiting = list(lines)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]
