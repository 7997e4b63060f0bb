"""How numbers, times, amounts and states are said to a person. One place, so that every command says them alike."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """The states of a scan, as the API names them."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    DONE = "DONE"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


STATUS_WORDS: Mapping[str, str] = {
    Status.PENDING: "Waiting",
    Status.PROGRESS: "Scanning",
    Status.DONE: "Done",
    Status.FAILURE: "Failed",
    Status.CANCELLED: "Cancelled",
}
SHORT_ID = 8
"""So many characters of a task's id tell it from the others of a user."""

_SURE = 0.95
_LIKELY = 0.80
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400


def count(number: int, noun: str = "", many: str = "") -> str:
    """A whole number with thousands separated, and its noun in the right number: "1 invoice", "19,346 messages"."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def size(octets: int) -> str:
    """Bytes in the decimal unit a person would choose: "531 kB", "3.6 MB", "2.1 GB"."""
    for limit, divisor, unit, digits in ((1000, 1, "bytes", 0), (10**6, 10**3, "kB", 0), (10**9, 10**6, "MB", 1)):
        if octets < limit:
            return f"{octets / divisor:.{digits}f} {unit}"
    return f"{octets / 10**9:.1f} GB"


def duration(seconds: float) -> str:
    """A span that is over: "47 s", "3 min 12 s", "2 h 5 min"; tenths below ten seconds."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        minutes, rest = divmod(whole, _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def time_left(seconds: float) -> str:
    """An estimate, no more exact than it can be: steps of 5 s below a minute, then minutes, then hours."""
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    if seconds < _HOUR:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    return f"about {round(seconds / _HOUR)} h left"


def amount(value: str | None) -> str:
    """A decimal string with thousands separated and every digit kept; nothing for a value that was not found."""
    return "" if value is None else f"{Decimal(value):,f}"


def day(value: str | None) -> str:
    """An ISO date as "12 Nov 2026"; nothing for a date that was not found."""
    if value is None:
        return ""
    date = dt.date.fromisoformat(value)
    return f"{date.day} {date:%b %Y}"


def ago(then: str | None, now: dt.datetime) -> str:
    """How long ago an RFC 3339 time was, in its largest unit: "just now", "2 minutes ago", "3 days ago"."""
    if then is None:
        return "never"
    seconds = (now - dt.datetime.fromisoformat(then)).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{count(int(seconds // _MINUTE), 'minute')} ago"
    if seconds < _DAY:
        return f"{count(int(seconds // _HOUR), 'hour')} ago"
    return f"{count(int(seconds // _DAY), 'day')} ago"


def confidence(invoice: Mapping[str, Any]) -> str:
    """How far an invoice can be trusted: sure, likely or check (a failed check is never sure)."""
    if invoice["needs_check"] or not all(check["ok"] for check in invoice["checks"]):
        return "check"
    if invoice["confidence"] >= _SURE:
        return "sure"
    return "likely" if invoice["confidence"] >= _LIKELY else "check"
