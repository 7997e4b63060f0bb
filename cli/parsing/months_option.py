"""The value of --months."""

from dataclasses import dataclass

import typer

_ALL = "all"
_MOST_MONTHS = 12


@dataclass(frozen=True)
class MonthsBack:
    """How many months back a scan reads; None: all mail."""

    months: int | None


ALL_MAIL = MonthsBack(None)


def parse_months(text: str) -> MonthsBack:
    """Parse a value of --months. Raises `typer.BadParameter`."""
    if text == _ALL:
        return ALL_MAIL
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_MONTHS:
        return MonthsBack(int(text))
    raise typer.BadParameter(f'"{text}" is neither a number from 1 to {_MOST_MONTHS} nor "{_ALL}".')
