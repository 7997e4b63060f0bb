"""What a document calls itself: an invoice, a receipt, an order, or something that only looks like one."""

from typing import NamedTuple

from services.scanner.extract import labels
from services.scanner.extract.dates import fold
from services.scanner.extract.layout import TextDocument
from services.scanner.extract.model import Kind

_TITLE_LINES = 30
_TITLE_LENGTH = 45
_LONG_TITLE = 20


class Title(NamedTuple):
    """The wording of a document's headings and of the subject above it."""

    says_invoice: bool
    says_order: bool
    says_other: bool
    kind: Kind


def title_of(document: TextDocument) -> Title:
    """Read from short cells near the top; a sentence that mentions an invoice is no title."""
    head = [fold(cell.text) for line in document.lines[:_TITLE_LINES] for cell in line.cells]
    short = [text for text in head if len(text) <= _TITLE_LENGTH or labels.TITLE.match(text[:_LONG_TITLE])]
    subject = fold(document.subject or "")
    said = [*short, subject]
    first_invoice = next((index for index, text in enumerate(short) if labels.TITLE.search(text)), len(short))
    first_other = next((index for index, text in enumerate(short) if labels.OTHER_DOCUMENT.search(text)), len(short))
    says_order = any(labels.ORDER_TITLE.search(text) for text in said)
    kind: Kind = "invoice"
    if any(labels.CREDIT_NOTE.search(text) for text in short):
        kind = "credit_note"
    elif any(labels.RECEIPT.search(text) for text in short) or (says_order and first_invoice == len(short)):
        kind = "receipt"
    return Title(
        says_invoice=first_invoice < len(short) or labels.TITLE.search(subject) is not None,
        says_order=says_order,
        says_other=first_other < first_invoice,
        kind=kind,
    )
