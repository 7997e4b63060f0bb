"""Decides whether an XML document is an invoice, and which reader takes it."""

from services.scanner.extract.einvoice import cii, ubl, xml_tree
from services.scanner.extract.invoice_draft import Draft
from services.scanner.extract.limits import Limits
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_ENVELOPES = frozenset({"StandardBusinessDocument", "Envelope", "Body", "Payload", "Message", "Invoices", "Document"})
_ENVELOPES_DEEP = 4
_OTHER_CODES = frozenset({"130", "220", "221", "231", "310", "315", "320", "325"})
"""UNTDID 1001 codes of what is no invoice: invoicing data sheet, orders, offers, contract, pro forma."""
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


def read(data: bytes, limits: Limits) -> Draft | None:
    """The invoice in an XML document; None if it is something else.

    Raises UnreadableError: broken, too large, with entities, another business document, or an invoice without a total,
    or with neither a number nor a vendor and a date.
    """
    if len(data) > limits.xml_bytes:
        raise UnreadableError(ReasonCode.TOO_LARGE)
    root = _inside(xml_tree.parse(data))
    name = xml_tree.local_name(root)
    if name in ubl.ROOTS:
        draft, code = ubl.read(root), ubl.type_code(root)
    elif name in cii.ROOTS:
        draft, code = cii.read(root), cii.type_code(root)
    elif name in _OTHER_BUSINESS_DOCUMENTS:
        raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
    else:
        return None
    if code in _OTHER_CODES:
        raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
    if draft.total is None or (draft.invoice_number is None and (draft.vendor is None or draft.issue_date is None)):
        raise UnreadableError(ReasonCode.INCOMPLETE)
    return draft


def _inside(root: xml_tree.Element) -> xml_tree.Element:
    """The invoice in the envelopes of a message, or the document itself."""
    waiting = [(root, 0)]
    while waiting:
        element, depth = waiting.pop(0)
        name = xml_tree.local_name(element)
        if name in ubl.ROOTS or name in cii.ROOTS:
            return element
        if name in _ENVELOPES and depth < _ENVELOPES_DEEP:
            waiting += [(child, depth + 1) for child in element]
    return root
