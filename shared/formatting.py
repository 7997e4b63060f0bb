"""Counts, sizes, times, amounts and confidence as text for people, the same on pages and in the
terminal. Pure."""

import datetime as dt
from decimal import Decimal
from typing import Literal

SURE = 0.95
"""The least confidence that is called "sure"."""
LIKELY = 0.80
"""The least confidence that is called "likely"."""

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_MIN_SECONDS = 3.0
_MIN_SHARE = 0.01

ConfidenceLevel = Literal["sure", "likely", "check"]


def count(number: int, noun: str = "", plural: str = "") -> str:
    """Format a whole number with its noun: "19,346", "1 invoice", "19,346 messages"."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(octets: int) -> str:
    """Format bytes in a decimal unit: "85 bytes", "531 kB", "3.6 MB", "640 MB", "2.1 GB"."""
    if octets < 1000:
        return count(octets, "byte")
    kilobytes = octets / 1000
    if kilobytes < 999.5:
        return f"{kilobytes:.0f} kB"
    value, unit = (kilobytes / 1000, "MB") if kilobytes < 999_500 else (kilobytes / 10**6, "GB")
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def duration(seconds: float) -> str:
    """Format a span of time in its two largest units: "4.2 s", "47 s", "3 min 12 s", "2 h 5
    min"."""
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


def ago(then: dt.datetime, now: dt.datetime) -> str:
    """Format an age in its largest unit: "just now", "2 minutes ago", "yesterday", "3 days ago"."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{count(int(seconds // _MINUTE), 'minute')} ago"
    if seconds < _DAY:
        return f"{count(int(seconds // _HOUR), 'hour')} ago"
    days = int(seconds // _DAY)
    return "yesterday" if days == 1 else f"{count(days, 'day')} ago"


def day(date: dt.date) -> str:
    """Format a date with the name of its month: "9 Nov 2026"."""
    return f"{date.day} {date:%b %Y}"


def time_left(seconds: float) -> str:
    """Format an estimate of the time left, in steps of 5 s below a minute, then minutes, then
    hours."""
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    if seconds < _HOUR:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    return f"about {round(seconds / _HOUR)} h left"


def seconds_left(scanned: int, total: int, *, per_second: float, elapsed: float) -> float | None:
    """Estimate the seconds until `total` messages are scanned.

    Returns None before three seconds and one percent, when an estimate would jump.
    """
    if elapsed < _MIN_SECONDS or scanned < total * _MIN_SHARE:
        return None
    return max(0, total - scanned) / per_second


def amount(value: Decimal | str) -> str:
    """Format an amount with thousands separated and every digit kept: "1,284.50"."""
    return f"{Decimal(value):,f}"


def percent(part: int, whole: int) -> str:
    """Format a share with one decimal: "95.8%"."""
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def confidence_level(confidence: float, *, needs_check: bool = False) -> ConfidenceLevel:
    """Return how far a value or an invoice can be believed; one that `needs_check` is never more
    than "check"."""
    if needs_check or confidence < LIKELY:
        return "check"
    return "sure" if confidence >= SURE else "likely"
