"""Puts the characters of a page together: words, lines, and cells where a wide gap parts two columns."""

from typing import NamedTuple

from services.scanner.extract.layout import Cell, Line

WORD_GAP = 0.25
"""Gap between two characters, in parts of their height, from which they are two words even without a blank."""
CELL_GAP = 0.95
"""Gap between two words, in parts of their height, from which they are two cells."""
SAME_LINE = 0.5
"""Distance of two words' middles, in parts of the smaller one's height, up to which they share a line."""
MIN_HEIGHT = 4.0
"""Points; a dash or a point is a flat box, but its line is not."""


class Glyph(NamedTuple):
    """One character and its box, in points from the page's top left corner. A blank without a box ends a word."""

    character: str
    x0: float
    y0: float
    x1: float
    y1: float


class _Word(NamedTuple):
    text: str
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, MIN_HEIGHT)


def lines_of(glyphs: list[Glyph], page: int) -> list[Line]:
    """The lines of one page from top to bottom."""
    rows: list[list[_Word]] = []
    for word in sorted(_words(glyphs), key=lambda word: word.middle):
        row = rows[-1] if rows else None
        if row and abs(row[0].middle - word.middle) <= SAME_LINE * min(row[0].height, word.height):
            row.append(word)
        else:
            rows.append([word])
    return [Line(tuple(_cells(sorted(row, key=lambda word: word.x0), page))) for row in rows]


def _words(glyphs: list[Glyph]) -> list[_Word]:
    words: list[_Word] = []
    run: list[Glyph] = []
    for glyph in glyphs:
        if glyph.character.isspace() or (run and _apart(run[-1], glyph)):
            if run:
                words.append(_joined(run))
            run = []
        if not glyph.character.isspace():
            run.append(glyph)
    if run:
        words.append(_joined(run))
    return words


def _apart(before: Glyph, glyph: Glyph) -> bool:
    height = max(before.y1 - before.y0, glyph.y1 - glyph.y0, MIN_HEIGHT)
    gap = glyph.x0 - before.x1
    return gap > WORD_GAP * height or gap < -2 * height or abs(glyph.y1 - before.y1) > height


def _joined(run: list[Glyph]) -> _Word:
    return _Word(
        "".join(glyph.character for glyph in run),
        min(glyph.x0 for glyph in run),
        min(glyph.y0 for glyph in run),
        max(glyph.x1 for glyph in run),
        max(glyph.y1 for glyph in run),
    )


def _cells(words: list[_Word], page: int) -> list[Cell]:
    groups: list[list[_Word]] = [[words[0]]]
    for word in words[1:]:
        last = groups[-1][-1]
        if word.x0 - last.x1 > CELL_GAP * max(word.height, last.height):
            groups.append([word])
        else:
            groups[-1].append(word)
    return [_cell(group, page) for group in groups]


def _cell(words: list[_Word], page: int) -> Cell:
    x0, y0 = min(word.x0 for word in words), min(word.y0 for word in words)
    x1, y1 = max(word.x1 for word in words), max(word.y1 for word in words)
    locator = f"page {page} box {x0:.1f},{y0:.1f},{x1:.1f},{y1:.1f}"
    return Cell(" ".join(word.text for word in words), x0, x1, locator)
