"""Layout of a page's characters: words, lines, and cells where a wide gap separates columns."""

from typing import NamedTuple, TypeAlias

from services.scanner.extract.page.text_document import Cell, Line

WORD_GAP = 0.25
"""Gap between two characters, in parts of their height, that separates words even without a
space."""
CELL_GAP = 0.95
"""Gap between two words, in parts of their height, that separates cells."""
SAME_LINE = 0.5
"""Distance of two words' middles, in parts of the smaller height, up to which they share a line."""
MIN_HEIGHT = 4.0
"""Points; a dash or a full stop has a flat box, but its line has not."""


WIDEST = 0.78
"""Width of a word per character, in parts of their height, beyond which there is a gap inside."""


Glyph: TypeAlias = tuple[str, float, float, float, float]
"""A character and its box x0, y0, x1, y1, in points from the page's top left corner."""


class Word(NamedTuple):
    """A word and its box."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """Height of its letters."""
        return max(self.y1 - self.y0, MIN_HEIGHT)


def lines_of(words: list[Word], page: int) -> list[Line]:
    """Return the lines of one page from top to bottom."""
    rows: list[list[Word]] = []
    middle = height = 0.0
    for word in sorted(words, key=_middle):
        own_middle, own_height = (word.y0 + word.y1) / 2, word.height
        if rows and own_middle - middle <= SAME_LINE * min(height, own_height):
            rows[-1].append(word)
        else:
            rows.append([word])
            middle, height = own_middle, own_height
    return [Line(tuple(_cells(sorted(row, key=lambda word: word.x0), page))) for row in rows]


def _middle(word: Word) -> float:
    return word.y0 + word.y1


def is_one_word(first: Glyph, last: Glyph, length: int) -> bool:
    """Return whether characters without a space are adjacent, by the first and the last one."""
    height = max(first[4] - first[2], last[4] - last[2], MIN_HEIGHT)
    return abs(first[4] - last[4]) <= height / 2 and 0 < last[3] - first[1] <= WIDEST * length * height


def words_of(glyphs: list[Glyph]) -> list[Word]:
    """Join characters to words by the gaps between them."""
    words: list[Word] = []
    text = ""
    left = top = right = bottom = last_x1 = last_y0 = last_y1 = 0.0
    for character, x0, y0, x1, y1 in glyphs:
        if text:
            height = max(y1 - y0, last_y1 - last_y0, MIN_HEIGHT)
            gap = x0 - last_x1
            if gap > WORD_GAP * height or gap < -2 * height or abs(y1 - last_y1) > height:
                words.append(Word(text, left, top, right, bottom))
                text = ""
        if text:
            text += character
            left, top, right, bottom = min(left, x0), min(top, y0), max(right, x1), max(bottom, y1)
        else:
            text, left, top, right, bottom = character, x0, y0, x1, y1
        last_x1, last_y0, last_y1 = x1, y0, y1
    if text:
        words.append(Word(text, left, top, right, bottom))
    return words


def _cells(words: list[Word], page: int) -> list[Cell]:
    groups: list[list[Word]] = [[words[0]]]
    last = words[0]
    for word in words[1:]:
        if word.x0 - last.x1 > CELL_GAP * max(word.y1 - word.y0, last.y1 - last.y0, MIN_HEIGHT):
            groups.append([word])
        else:
            groups[-1].append(word)
        last = word
    return [_cell(group, page) for group in groups]


def _cell(words: list[Word], page: int) -> Cell:
    """Build a cell of words from left to right."""
    text, x0, y0, x1, y1 = words[0]
    if len(words) > 1:
        text = " ".join([word.text for word in words])
        y0, x1, y1 = (
            min([word.y0 for word in words]),
            max([word.x1 for word in words]),
            max([word.y1 for word in words]),
        )
    return Cell(text, x0, x1, f"page {page} box {x0:.1f},{y0:.1f},{x1:.1f},{y1:.1f}", y0, y1, page)
