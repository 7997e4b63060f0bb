"""Boundaries of several invoices in one PDF: a collected bill, or a stack scanned at once."""

from dataclasses import replace
from itertools import groupby

from services.scanner.extract.fields.annotated_text import AnnotatedText
from services.scanner.extract.fields.document_title import find_title
from services.scanner.extract.fields.invoice_number import find_number
from services.scanner.extract.fields.label_meaning import RANK_INVOICE_NUMBER
from services.scanner.extract.fields.parties import find_parties
from services.scanner.extract.page.text_document import Line, TextDocument

_MAX_PARTS = 40
_HEAD_LINES = 24
"""First lines of a page, in which an invoice states its number."""


def split_invoices(document: TextDocument) -> list[TextDocument]:
    """Split a document into its invoices at pages that state another invoice number.

    Returns the document itself if it does not have at least two numbers.
    """
    pages = [list(lines) for _, lines in groupby(document.lines, key=_page)]
    if len(pages) < 2:
        return [document]
    parts: list[tuple[str | None, list[Line]]] = []
    for lines in pages:
        number = _heading_number(tuple(lines))
        if parts and (number is None or parts[-1][0] in (None, number)):
            parts[-1] = (parts[-1][0] or number, [*parts[-1][1], *lines])
        else:
            parts.append((number, lines))
    if len(parts) < 2 or len(parts) > _MAX_PARTS or len({number for number, _ in parts}) < len(parts):
        return [document]
    return [replace(document, lines=tuple(lines)) for _, lines in parts]


def _page(line: Line) -> int:
    return line.cells[0].page


def _heading_number(lines: tuple[Line, ...]) -> str | None:
    """Return the invoice number at the head of a page."""
    annotated = AnnotatedText(lines[:_HEAD_LINES])
    title = find_title(annotated, None)
    if not title.says_invoice or title.is_other:
        return None
    number = find_number(annotated, find_parties(annotated), titled=True)
    return number.value if number is not None and number.rank >= RANK_INVOICE_NUMBER else None
