"""What went wrong with a mail server: whether it passes, and how long it is better left alone.

Servers say it in response codes (RFC 5530 and others) and, the largest of them, in words of their own.
"""

import re

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.base import Throttled

_CODE = re.compile(r"\[([A-Z0-9-]+)")
_THROTTLING_CODES = frozenset({"THROTTLED", "LIMIT", "OVERQUOTA"})
_PASSING_CODES = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "CONTACTADMIN", "CLOSED", "CORRUPTION"})
_REFUSING_CODES = frozenset(
    {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "NOPERM", "WEBALERT"}
)
_THROTTLING_WORDS = re.compile(
    r"throttl|too many|rate limit|bandwidth limit|exceeded (?:command|the maximum|.*limit)|backoff|slow down"
    r"|maximum number of (?:simultaneous )?connections|simultaneous connections",
    re.IGNORECASE,
)
_PASSING_WORDS = re.compile(
    r"temporar|try again|try later|unavailable|server busy|is busy|not connected|internal (?:server )?error"
    r"|system error|backend error|timed? ?out|maintenance|shutting down|lookup failed",
    re.IGNORECASE,
)
_REFUSING_WORDS = re.compile(r"invalid credentials|authentication failed|web login|application-specific", re.IGNORECASE)
_BACKOFF = re.compile(r"backoff time:? *(\d+) *milliseconds", re.IGNORECASE)
_THROTTLED_S = 60.0


class MailboxUnreachable(ConnectionError):
    """The server is away, busy or does not speak IMAP; a later try may work."""


def fault(text: str) -> OSError:
    """What a refusal or a lost connection means for a scan that was going well: it passes."""
    backoff = _BACKOFF.search(text)
    if backoff is not None:
        return Throttled(max(_THROTTLED_S, int(backoff[1]) / 1000))
    if _codes(text) & _THROTTLING_CODES or _THROTTLING_WORDS.search(text):
        return Throttled(_THROTTLED_S)
    return MailboxUnreachable("the mail server could not go on")


def is_passing(text: str) -> bool:
    """Whether a refusal says of itself that it is for the moment only."""
    codes = _codes(text)
    if codes & _REFUSING_CODES:
        return False
    return bool(
        codes & (_THROTTLING_CODES | _PASSING_CODES) or _THROTTLING_WORDS.search(text) or _PASSING_WORDS.search(text)
    )


def login_fault(text: str, *, oauth2: bool = False) -> Exception:
    """What a refused login means. Without any other word it is refused for good: asking often locks accounts."""
    if _codes(text) & _REFUSING_CODES or _REFUSING_WORDS.search(text) or not is_passing(text):
        return PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=oauth2)
    return fault(text)


def _codes(text: str) -> set[str]:
    return set(_CODE.findall(text.upper()))
