"""The registry of invoice formats: how far each one is trusted, its reason code and its reader.

A new format is an entry here and a reader (see docs/extraction.md). Readers are named by their
module, as the scanner needs the trust of a format and must not load a parser.
"""

from typing import Literal, NamedTuple

from shared.invoice_types import InvoiceFormat
from shared.ledger_reasons import ReasonCode

DATA, MARKUP, PDF, HTML, TEXT, IMAGE = range(6)
"""Ranks of trust; 0 is the most trusted."""


class FormatEntry(NamedTuple):
    """A format of invoices."""

    trust: int
    """Rank of trust: of several readings of an invoice, the one with the lowest rank counts."""
    reason: ReasonCode
    """Reason code of a message in which such an invoice was found."""
    content: Literal["xml", "pdf", "html", "text", "image"]
    """Content of the document that holds the invoice."""
    reader: str
    """Module below `services.scanner.extract`, with a function `read` that returns a draft.

    A reader of XML also has `ROOTS`, the local names of its root elements, and `type_code`.
    """


FORMATS: dict[InvoiceFormat, FormatEntry] = {
    "ubl": FormatEntry(DATA, ReasonCode.FOUND_UBL, "xml", "einvoice.ubl"),
    "cii": FormatEntry(DATA, ReasonCode.FOUND_CII, "xml", "einvoice.cii"),
    "factur-x": FormatEntry(DATA, ReasonCode.FOUND_FACTUR_X, "pdf", "einvoice.reader"),
    "json-ld": FormatEntry(MARKUP, ReasonCode.FOUND_JSON_LD, "html", "einvoice.schema_org"),
    "pdf": FormatEntry(PDF, ReasonCode.FOUND_PDF, "pdf", "fields.reader"),
    "html": FormatEntry(HTML, ReasonCode.FOUND_HTML, "html", "fields.reader"),
    "text": FormatEntry(TEXT, ReasonCode.FOUND_TEXT, "text", "fields.reader"),
    "image": FormatEntry(IMAGE, ReasonCode.FOUND_PICTURE, "image", "fields.reader"),
}
TRUST: dict[str, int] = {name: entry.trust for name, entry in FORMATS.items()}
"""Rank of trust by format."""
STRUCTURED: frozenset[str] = frozenset(name for name, rank in TRUST.items() if rank <= MARKUP)
"""Formats whose values the sender states as data, so that none is read off a page."""
