"""Deskewing of recognised words: the slope of a scanned page's lines, and positions without it."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from services.scanner.extract.ocr.tsv import RecognisedWord

_MIN_RUN = 8.0
"""Length of a line in multiples of its height from which its slope can be measured."""
_MAX_SLOPE = 0.15
"""About eight degrees; nobody puts a page on a scanner at a larger angle."""


class Slope(NamedTuple):
    """How much a page's lines fall to the right.

    At such small angles a rotation is the addition of a share of the other axis.
    """

    fall: float

    def deskewed(self, x: float, y: float) -> tuple[float, float]:
        """Return the position on the straightened page."""
        return x + self.fall * y, y - self.fall * x

    def skewed(self, x: float, y: float) -> tuple[float, float]:
        """Return the position on the page as scanned; the inverse of `deskewed`."""
        scale = 1 + self.fall * self.fall
        return (x - self.fall * y) / scale, (y + self.fall * x) / scale


def estimate_slope(lines: Sequence[Sequence[RecognisedWord]]) -> Slope:
    """Return the slope that most lines have; longer ones count more."""
    slopes: list[float] = []
    for line in lines:
        first, last = line[0], line[-1]
        run = (last.x0 + last.x1 - first.x0 - first.x1) / 2
        height = max(first.y1 - first.y0, last.y1 - last.y0, 1.0)
        if run >= _MIN_RUN * height:
            fall = (last.y0 + last.y1 - first.y0 - first.y1) / 2 / run
            slopes += [fall] * min(int(run / height), 40)
    fall = median(slopes) if slopes else 0.0
    return Slope(fall if abs(fall) <= _MAX_SLOPE else 0.0)
