"""Choice of the reader for an XML document by its root element, and what makes it an invoice."""

from importlib import import_module
from typing import Protocol, cast

from services.scanner.extract.einvoice import xml_tree
from services.scanner.extract.formats import FORMATS
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.limits import Limits
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_ENVELOPES = frozenset({"StandardBusinessDocument", "Envelope", "Body", "Payload", "Message", "Invoices", "Document"})
_MAX_ENVELOPE_DEPTH = 4
_OTHER_CODES = frozenset({"130", "220", "221", "231", "310", "315", "320", "325"})
"""UNTDID 1001 codes of documents that are no invoices: invoicing data sheet, orders, offers,
contract, pro forma."""
_OTHER_BUSINESS_DOCUMENTS = frozenset(
    {
        "SCRDMCCBDACIOMessageStructure",  # Order-X
        "Order",
        "OrderResponse",
        "OrderChange",
        "Catalogue",
        "CatalogueResponse",
        "DespatchAdvice",
        "ReceiptAdvice",
        "Quotation",
        "RequestForQuotation",
        "Statement",
        "Reminder",
        "ApplicationResponse",
    }
)


class XmlReader(Protocol):
    """A module that reads one XML format."""

    ROOTS: frozenset[str]
    """Local names of the root elements that it reads."""

    def read(self, root: xml_tree.Element) -> InvoiceDraft:
        """Return the values of an invoice; missing ones stay unset."""

    def type_code(self, root: xml_tree.Element) -> str:
        """Return the document's type by UNTDID 1001, or an empty string."""


def _readers() -> dict[str, XmlReader]:
    """Load the readers of the XML formats, by the root elements that they read."""
    names = [entry.reader for entry in FORMATS.values() if entry.content == "xml"]
    readers = [cast("XmlReader", import_module(f"services.scanner.extract.{name}")) for name in names]
    return {root: reader for reader in readers for root in reader.ROOTS}


_READERS = _readers()


def read(data: bytes, limits: Limits) -> InvoiceDraft | None:
    """Return the invoice in an XML document; None if it is something else.

    Raises UnreadableError for XML that is broken, too large or declares entities, for another
    business document, and for an invoice without a total, or with neither a number nor a vendor and
    a date.
    """
    if len(data) > limits.xml_bytes:
        raise UnreadableError(ReasonCode.TOO_LARGE)
    root = _unwrap(xml_tree.parse(data))
    name = xml_tree.local_name(root)
    reader = _READERS.get(name)
    if reader is None:
        if name in _OTHER_BUSINESS_DOCUMENTS:
            raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
        return None
    draft = reader.read(root)
    if reader.type_code(root) in _OTHER_CODES:
        raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
    if draft.total is None or (draft.invoice_number is None and (draft.vendor is None or draft.issue_date is None)):
        raise UnreadableError(ReasonCode.INCOMPLETE)
    return draft


def _unwrap(root: xml_tree.Element) -> xml_tree.Element:
    """Return the invoice inside the envelopes of a message, or the root itself."""
    queue = [(root, 0)]
    while queue:
        element, depth = queue.pop(0)
        name = xml_tree.local_name(element)
        if name in _READERS:
            return element
        if name in _ENVELOPES and depth < _MAX_ENVELOPE_DEPTH:
            queue += [(child, depth + 1) for child in element]
    return root
