"""Geometry of the small charts: numbers in, places of shapes out; the templates draw them as inline SVG. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_GAP = 2.0
_LEAST = 5.0


@dataclass(frozen=True)
class Segment:
    """A part of a stacked bar."""

    name: str
    x: float
    width: float


def shares(counts: Mapping[str, int], width: float) -> list[Segment]:
    """A stacked bar of `width`: gaps of 2 between the parts, none narrower than 5, and nothing for nothing."""
    present = {name: number for name, number in counts.items() if number > 0}
    if not present:
        return []
    room = width - _GAP * (len(present) - 1)
    total = sum(present.values())
    widths = {name: max(_LEAST, room * number / total) for name, number in present.items()}
    widest = max(widths, key=lambda name: widths[name])
    widths[widest] -= sum(widths.values()) - room
    segments, x = [], 0.0
    for name, wide in widths.items():
        segments.append(Segment(name, round(x, 2), round(wide, 2)))
        x += wide + _GAP
    return segments


@dataclass(frozen=True)
class Bar:
    """A month's bar."""

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
    """Twelve bars up to the month `last` (YYYY-MM) in one currency; a negative month stands as an empty one."""
    year, month = map(int, last.split("-"))
    names = [
        f"{(year * 12 + month - 1 - back) // 12:04d}-{(month - 1 - back) % 12 + 1:02d}" for back in range(11, -1, -1)
    ]
    values = [Decimal(amounts.get(name, 0)) for name in names]
    most = max(values)
    step = width / len(names)
    bars = []
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        tall = round(float(value / most) * height, 2) if most > 0 and value > 0 else 0.0
        letter = _LETTERS[int(name[5:]) - 1]
        bars.append(
            Bar(name, letter, value, round(number * step, 2), height - tall, round(step - 6, 2), tall, name == last)
        )
    return bars
