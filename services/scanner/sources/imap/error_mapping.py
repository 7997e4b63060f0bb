"""Mapping of refusals and lost connections to errors: temporary or permanent, and how long to wait.

Servers use response codes (RFC 5530 and others), and the largest of them words of their own.
"""

import re

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.base import ThrottledError

_CODE = re.compile(r"\[([A-Z0-9-]+)")
_THROTTLING_CODES = frozenset({"THROTTLED", "LIMIT", "OVERQUOTA"})
_TEMPORARY_CODES = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "CONTACTADMIN", "CLOSED", "CORRUPTION"})
_REFUSING_CODES = frozenset(
    {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "NOPERM", "WEBALERT"}
)
_THROTTLING_WORDS = re.compile(
    r"throttl|too many|rate limit|bandwidth limit|exceeded (?:command|the maximum|.*limit)|backoff|slow down"
    r"|maximum number of (?:simultaneous )?connections|simultaneous connections",
    re.IGNORECASE,
)
_TEMPORARY_WORDS = re.compile(
    r"temporar|try again|try later|unavailable|server busy|is busy|not connected|internal (?:server )?error"
    r"|system error|backend error|timed? ?out|maintenance|shutting down|lookup failed",
    re.IGNORECASE,
)
_REFUSING_WORDS = re.compile(r"invalid credentials|authentication failed|web login|application-specific", re.IGNORECASE)
_BACKOFF = re.compile(r"backoff time:? *(\d+) *milliseconds", re.IGNORECASE)
_THROTTLED_S = 60.0


class MailboxUnreachableError(ConnectionError):
    """The server is unavailable, busy or does not speak IMAP; a later attempt may work."""


def temporary_error(text: str) -> OSError:
    """Return the temporary error for a refusal or a lost connection; throttling has its time to
    wait."""
    backoff = _BACKOFF.search(text)
    if backoff is not None:
        return ThrottledError(max(_THROTTLED_S, int(backoff[1]) / 1000))
    if _codes(text) & _THROTTLING_CODES or _THROTTLING_WORDS.search(text):
        return ThrottledError(_THROTTLED_S)
    return MailboxUnreachableError("the mail server ended or refused the conversation")


def is_temporary(text: str) -> bool:
    """Return whether a refusal is for the moment only, by its code or its words."""
    codes = _codes(text)
    if codes & _REFUSING_CODES:
        return False
    return bool(
        codes & (_THROTTLING_CODES | _TEMPORARY_CODES)
        or _THROTTLING_WORDS.search(text)
        or _TEMPORARY_WORDS.search(text)
    )


def login_error(text: str, *, oauth2: bool = False) -> Exception:
    """Return the error for a refused login: permanent unless the server says otherwise, as repeats
    may lock accounts."""
    if _codes(text) & _REFUSING_CODES or _REFUSING_WORDS.search(text) or not is_temporary(text):
        return PermanentFailure(ErrorCode.LOGIN_REFUSED, oauth2=oauth2)
    return temporary_error(text)


def _codes(text: str) -> set[str]:
    return set(_CODE.findall(text.upper()))
