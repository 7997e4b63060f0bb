"""Tables without lines: two spaces between columns, numbers to the right, fitted to the
terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

_GAP = 2
_SHRUNK = 12


@dataclass(frozen=True)
class Column:
    """A column of a table.

        `shrinks`: its cells may be cut to twelve cells. `drops`: the order in which columns are
    dropped when that is not enough (1 first); 0 is never dropped. `style` is for its cells.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    drops: int = 0
    style: str = ""


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[Text]:
    """Return the header and a line per row, at most `width` cells wide if shrinking and dropping
    columns allows it."""
    kept = list(range(len(columns)))
    while True:
        widths = {index: max(cell_len(cell) for cell in _cells(columns, rows, index)) for index in kept}
        surplus = sum(widths.values()) + _GAP * (len(kept) - 1) - width
        for index in kept:
            if surplus > 0 and columns[index].shrinks:
                cut = min(surplus, max(0, widths[index] - _SHRUNK))
                widths[index] -= cut
                surplus -= cut
        droppable = [index for index in kept if columns[index].drops]
        if surplus <= 0 or not droppable:
            break
        kept.remove(min(droppable, key=lambda index: columns[index].drops))
    header = _line([(columns[index], columns[index].title, "bold") for index in kept], list(widths.values()))
    body = [_line([(columns[i], row[i], columns[i].style) for i in kept], list(widths.values())) for row in rows]
    return [header, *body]


def _cells(columns: Sequence[Column], rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [columns[index].title, *(row[index] for row in rows)]


def _line(cells: Sequence[tuple[Column, str, str]], widths: Sequence[int]) -> Text:
    line = Text()
    for position, ((column, cell, style), width) in enumerate(zip(cells, widths, strict=True)):
        text = cell if cell_len(cell) <= width else set_cell_size(cell, width - 1).rstrip() + "\N{HORIZONTAL ELLIPSIS}"
        blank = " " * (width - cell_len(text))
        line.append(blank + text if column.right else text, style=style)
        line.append("" if column.right else blank)
        line.append(" " * _GAP if position < len(cells) - 1 else "")
    line.rstrip()
    return line
