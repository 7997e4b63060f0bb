"""Text with its layout, the same for PDF, HTML and plain text: lines of cells with their places."""

from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of text without a wide gap: a table cell, a column of a letterhead, a paragraph.

    In a PDF the box is in points from the page's top left corner; elsewhere `y` counts lines and `x` columns.
    """

    text: str
    x0: float
    x1: float
    locator: str
    y0: float = 0.0
    y1: float = 1.0
    page: int = 1

    def in_column_of(self, other: "Cell") -> bool:
        """Return whether two cells are in the same column."""
        return self.x0 < other.x1 and other.x0 < self.x1

    @property
    def height(self) -> float:
        """Height of its letters, in a PDF the size of the font."""
        return self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Line:
    """Cells at the same height, from left to right."""

    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """The text of the whole line."""
        return "  ".join(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A document as lines in reading order, with subject and sender of its message."""

    format: Literal["pdf", "html", "text"]
    lines: tuple[Line, ...]
    subject: str | None = None
    sender: str | None = None
    sender_domain: str | None = None
    hosts: tuple[str, ...] = field(default=())
    """Names of the hosts that the document links to, the most frequent first."""


_FIRST_LINES = 4000
_LAST_LINES = 1000
_CELL_CHARACTERS = 400


def truncate_lines(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the first and the last lines, with long cells cut.

    A document with more text is no invoice, but costs time.
    """
    if len(lines) > _FIRST_LINES + _LAST_LINES:
        lines = lines[:_FIRST_LINES] + lines[-_LAST_LINES:]
    return tuple(_cut(line) for line in lines)


def _cut(line: Line) -> Line:
    if all(len(cell.text) <= _CELL_CHARACTERS for cell in line.cells):
        return line
    return Line(tuple(replace(cell, text=cell.text[:_CELL_CHARACTERS]) for cell in line.cells))
