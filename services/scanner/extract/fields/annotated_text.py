"""A document's cells annotated with the terms of their words, as all finders of fields use them."""

import re
from dataclasses import dataclass

from services.scanner.extract.fields import label_meaning
from services.scanner.extract.lexicon import Hit, Lexicon, languages_of, lexicon_of, words_in
from services.scanner.extract.lexicon.normalise import fold
from services.scanner.extract.page.text_document import Cell, Line

_READ_CHARACTERS = 160
"""Characters of each cell that are examined; no label is further inside."""
_BELOW_LINES = 14
_BELOW_HEIGHTS = 3.4
"""Distance from a label down to its value, from top to top, in heights of the label, at most."""


@dataclass(slots=True)
class Annotation:
    """A cell, its folded text, the phrases found in it, and its number of unknown words."""

    cell: Cell
    folded: str
    hits: list[Hit]
    unknown: int

    @property
    def is_label(self) -> bool:
        """Whether the text is short and mostly of known words."""
        return (
            bool(self.hits)
            and len(self.folded) <= label_meaning.MAX_LABEL
            and self.unknown <= label_meaning.MAX_UNKNOWN
        )

    def hits_between(self, start: int, end: int) -> list[Hit]:
        """Return the phrases between two positions of the folded text."""
        return [hit for hit in self.hits if hit.start >= start and hit.end <= end]


_STUCK = re.compile(r"[-/_]?\d|[-/_][a-z]{1,4}\d")
"""Text behind a short word that makes it part of a number, as in "INV-0042"."""
_LONGEST_PREFIX = 4


def _annotate(cell: Cell, folded: str, words: list[re.Match[str]], lexicon: Lexicon) -> Annotation:
    hits, unknown = lexicon.hits_in(words)
    return Annotation(cell, folded, [hit for hit in hits if not _is_prefix(hit, folded)], unknown)


def _is_prefix(hit: Hit, folded: str) -> bool:
    short = hit.end - hit.start <= _LONGEST_PREFIX and folded[hit.end - 1].isalpha()
    return short and _STUCK.match(folded, hit.end) is not None


class AnnotatedText:
    """All annotated cells of a document, line by line, and the document's languages."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        folded_lines = [
            [(cell, folded := fold(cell.text[:_READ_CHARACTERS]), words_in(folded)) for cell in line.cells]
            for line in lines
        ]
        self.languages = languages_of(word.group() for line in folded_lines for _, _, words in line for word in words)
        lexicon = lexicon_of(self.languages)
        self.lines: list[list[Annotation]] = [[_annotate(*words, lexicon) for words in line] for line in folded_lines]

    def below(self, index: int, cell: Cell, *, at_most: int = 1) -> list[tuple[int, Annotation]]:
        """Return the nearest cells below a cell in its column, with the index of their lines."""
        cells_below: list[tuple[int, Annotation]] = []
        top, height = cell.y0, max(cell.y1 - cell.y0, 1.0)
        for further in range(index + 1, min(index + 1 + _BELOW_LINES, len(self.lines))):
            for annotation in self.lines[further]:
                other = annotation.cell
                if other.page != cell.page or other.y0 - top > _BELOW_HEIGHTS * height:
                    return cells_below
                if other.in_column_of(cell):
                    cells_below.append((further, annotation))
                    if len(cells_below) == at_most:
                        return cells_below
                    top, height = other.y0, max(other.y1 - other.y0, 1.0)
                    break
        return cells_below
