"""HTML and plain text as lines of cells. Nothing is fetched or run; hidden text is left out."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.scanner.extract.page.text_document import Cell, Line

_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "big", "code", "em", "font", "i", "img", "ins", "label", "mark", "s", "small", "span",
     "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr"}
)  # fmt: skip
_INVISIBLE_TAGS = frozenset(
    {"head", "script", "style", "noscript", "template", "svg", "math", "object", "iframe", "select", "textarea"}
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_CELL_TAGS = frozenset({"td", "th"})
_TEXT_CELLS = re.compile(r"[^\S\n]{2,}|\t|\s*\|\s*")
_LINK = re.compile(r"(?:https?:)?//(?P<host>[a-z0-9][a-z0-9.-]*\.[a-z]{2,})", re.IGNORECASE)
_MAX_LINKS = 200
_MAX_NODES = 200_000
_MAX_LINES = 10_000


class _LineBuilder:
    """Collects lines while the tree is walked; a table row's simple cells share one line."""

    def __init__(self, limit: int) -> None:
        self.lines: list[Line] = []
        self._left = limit
        self._words: list[str] = []

    @property
    def full(self) -> bool:
        return self._left <= 0 or len(self.lines) >= _MAX_LINES

    def add(self, text: str) -> None:
        text = text[: max(self._left, 0)]
        self._left -= len(text)
        self._words.append(text)

    def take(self) -> str:
        text = " ".join("".join(self._words).split())
        self._words.clear()
        return text

    def end_line(self) -> None:
        if text := self.take():
            number = len(self.lines) + 1
            self.lines.append(Line((Cell(text, 0, 1, f"line {number}", number, number + 1),)))

    def add_row(self, texts: list[tuple[str, int]]) -> None:
        cells, column = [], 0
        number = len(self.lines) + 1
        for text, span in texts:
            if text:
                place = f"line {number} column {column + 1}"
                cells.append(Cell(text, column, column + span, place, number, number + 1))
            column += span
        if cells:
            self.lines.append(Line(tuple(cells)))


def html_lines(html: LexborHTMLParser, at_most: int) -> tuple[Line, ...]:
    """Return the visible text of an HTML document."""
    builder = _LineBuilder(at_most)
    if html.body is not None:
        _walk(html.body, builder)
        builder.end_line()
    return tuple(builder.lines)


def link_hosts(html: LexborHTMLParser) -> tuple[str, ...]:
    """Return the hosts that a document links to, each as often as it is linked."""
    hosts = []
    for link in html.css("a[href]")[:_MAX_LINKS]:
        match = _LINK.match(link.attributes.get("href") or "")
        if match is not None:
            hosts.append(match["host"].lower())
    return tuple(hosts)


def text_lines(text: str, at_most: int) -> tuple[Line, ...]:
    """Return the lines of plain text; two spaces, a tab or a bar separate cells.

    Quoted lines count as others do.
    """
    lines = []
    for number, raw in enumerate(text[:at_most].splitlines(), start=1):
        cells, position = [], 0
        for piece in _TEXT_CELLS.split(raw.strip().lstrip("> ")):
            if piece.strip():
                place = f"line {number} column {position + 1}"
                cells.append(Cell(piece.strip(), position, position + len(piece), place, number, number + 1))
            position += len(piece) + 2
        if cells:
            lines.append(Line(tuple(cells)))
    return tuple(lines)


def _walk(root: LexborNode, builder: _LineBuilder) -> None:
    """Walk depth first without recursion: the depth of a hostile document is unlimited."""
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    visited = 0
    while stack and visited < _MAX_NODES and not builder.full:
        node, leaving = stack.pop()
        visited += 1
        tag = node.tag or ""
        if leaving:
            builder.end_line()
        elif tag == "-text":
            builder.add(node.text_content or "")
        elif tag in _INVISIBLE_TAGS or tag.startswith(("-", "!")) or _is_hidden(node):
            continue
        elif tag == "tr" and (row := _row(node)) is not None:
            builder.end_line()
            builder.add_row(row)
        else:
            if tag not in _INLINE:
                builder.end_line()
                stack.append((node, True))
            children = list(node.iter(include_text=True))
            stack.extend((child, False) for child in reversed(children))


def _row(row: LexborNode) -> list[tuple[str, int]] | None:
    """Return text and span of a row's cells, or None if a cell holds a layout of its own."""
    cells = [child for child in row.iter() if child.tag in _CELL_TAGS]
    if len(cells) < 2:
        return None
    texts = []
    for cell in cells:
        inner = _LineBuilder(_MAX_CELL + 1)
        if cell.css_first("tr") is not None:
            return None
        _walk_cell(cell, inner)
        if len(inner.lines) > 1:
            return None
        texts.append((inner.lines[0].text if inner.lines else "", _span(cell)))
    return texts


def _walk_cell(cell: LexborNode, builder: _LineBuilder) -> None:
    for child in cell.iter(include_text=True):
        _walk(child, builder)
    builder.end_line()


_MAX_CELL = 2000
_MAX_SPAN = 50


def _span(cell: LexborNode) -> int:
    value = cell.attributes.get("colspan") or "1"
    return min(int(value), _MAX_SPAN) if value.isdecimal() and value != "0" else 1


def _is_hidden(node: LexborNode) -> bool:
    style = node.attributes.get("style")
    return bool(style and _HIDDEN.search(style))
