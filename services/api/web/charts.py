"""Geometry of the small charts, which the templates draw as inline SVG. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_GAP = 2.0
_MIN_WIDTH = 5.0


@dataclass(frozen=True)
class Segment:
    """A part of a stacked bar."""

    name: str
    x: float
    width: float


def shares(counts: Mapping[str, int], width: float) -> list[Segment]:
    """Return the segments of a stacked bar, with gaps of 2 and a minimum width of 5; none for zero."""
    present = {name: number for name, number in counts.items() if number > 0}
    if not present:
        return []
    available = width - _GAP * (len(present) - 1)
    total = sum(present.values())
    widths = {name: max(_MIN_WIDTH, available * number / total) for name, number in present.items()}
    widest = max(widths, key=lambda name: widths[name])
    widths[widest] -= sum(widths.values()) - available
    segments, x = [], 0.0
    for name, segment_width in widths.items():
        segments.append(Segment(name, round(x, 2), round(segment_width, 2)))
        x += segment_width + _GAP
    return segments


@dataclass(frozen=True)
class Bar:
    """The bar of a month."""

    month: str
    letter: str
    amount: Decimal
    x: float
    y: float
    width: float
    height: float
    is_current: bool


_LETTERS = "JFMAMJJASOND"


def months(amounts: Mapping[str, Decimal | str], last: str, *, width: float, height: float) -> list[Bar]:
    """Return twelve bars up to the month `last` (YYYY-MM); a negative month is empty."""
    year, month = map(int, last.split("-"))
    names = [
        f"{(year * 12 + month - 1 - months_ago) // 12:04d}-{(month - 1 - months_ago) % 12 + 1:02d}"
        for months_ago in range(11, -1, -1)
    ]
    values = [Decimal(amounts.get(name, 0)) for name in names]
    highest = max(values)
    step = width / len(names)
    bars = []
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        bar_height = round(float(value / highest) * height, 2) if highest > 0 and value > 0 else 0.0
        letter = _LETTERS[int(name[5:]) - 1]
        bars.append(
            Bar(
                name,
                letter,
                value,
                round(number * step, 2),
                height - bar_height,
                round(step - 6, 2),
                bar_height,
                name == last,
            )
        )
    return bars
