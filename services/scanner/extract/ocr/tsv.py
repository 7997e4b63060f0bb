"""Parser of Tesseract's TSV: words with their boxes, line by line, without noise."""

import re
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

_COLUMNS = 12
_WORD_LEVEL = "5"
_LEAST_CONFIDENCE = 10.0
_SURE = 0.5
_RULING = re.compile(r"^[|_\[\]{}~]+|[|_\[\]{}~]+$")
"""Lines of tables, recognised as letters at the edge of a word."""
_TALLEST = 3.0
"""Height of a word in multiples of the page's median, beyond which it is a drawing."""


class RecognisedWord(NamedTuple):
    """A recognised word: its box in pixels, and Tesseract's confidence from 0 to 1."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float


def parse_lines(tsv: str, earlier: str = "") -> list[list[RecognisedWord]]:
    """Return the words of one page by Tesseract's lines.

    Each pass over a page misses some words: those that only the `earlier` one has, with confidence,
    are added.
    """
    lines = _parse_lines(tsv)
    if earlier:
        known = [word for line in lines for word in line]
        for line in _parse_lines(earlier):
            overlooked = [
                word for word in line if word.confidence >= _SURE and not any(_overlap(word, other) for other in known)
            ]
            lines += [overlooked] if overlooked else []
    return lines


def _overlap(word: RecognisedWord, other: RecognisedWord) -> bool:
    return word.x0 < other.x1 and other.x0 < word.x1 and word.y0 < other.y1 and other.y0 < word.y1


def _parse_lines(tsv: str) -> list[list[RecognisedWord]]:
    rows = [cells for row in tsv.splitlines() if len(cells := row.split("\t", _COLUMNS - 1)) == _COLUMNS]
    words = [row for row in rows if row[0] == _WORD_LEVEL]
    lines = [
        [word for row in group if (word := _parse_word(row))] for _, group in groupby(words, key=itemgetter(2, 3, 4))
    ]
    heights = sorted(word.y1 - word.y0 for line in lines for word in line)
    tallest = _TALLEST * heights[len(heights) // 2] if heights else 0.0
    kept = [[word for word in line if _is_text(word, tallest)] for line in lines]
    return [line for line in kept if line]


def _is_text(word: RecognisedWord, tallest: float) -> bool:
    """Return whether a word is text and no drawing; tall headings are read with confidence."""
    return word.y1 - word.y0 <= tallest or (len(word.text) > 1 and word.confidence > 0.5)


def _parse_word(row: list[str]) -> RecognisedWord | None:
    try:
        left, top, width, height = map(int, row[6:10])
        confidence = float(row[10])
    except ValueError:
        return None
    text = _RULING.sub("", row[11].strip())
    if not text or confidence < _LEAST_CONFIDENCE:
        return None
    return RecognisedWord(text, left, top, left + width, top + height, min(confidence / 100, 1.0))
