"""How far back a scan goes, as it is said on the command line."""

from dataclasses import dataclass

import typer

_ALL = "all"
_MOST_MONTHS = 12


@dataclass(frozen=True)
class MonthsBack:
    """So many months; None: whatever is there."""

    months: int | None


ALL_MAIL = MonthsBack(None)


def parse_months(text: str) -> MonthsBack:
    """Read a value of --months. Raises `typer.BadParameter`."""
    if text == _ALL:
        return ALL_MAIL
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_MONTHS:
        return MonthsBack(int(text))
    raise typer.BadParameter(f'"{text}" is not a number of months from 1 to {_MOST_MONTHS}, nor "{_ALL}".')
