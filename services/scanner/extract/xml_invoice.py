"""Decides whether an XML document is an invoice, and which reader takes it."""

from services.scanner.extract import cii, ubl, xml_tree
from services.scanner.extract.draft import Draft
from services.scanner.extract.limits import Limits
from services.scanner.extract.reasons import UnreadableError
from shared.reasons import ReasonCode

_ENVELOPES = frozenset({"StandardBusinessDocument"})
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

    Raises UnreadableError: broken, too large, with entities, another business document, or an invoice without
    total or number.
    """
    if len(data) > limits.xml_bytes:
        raise UnreadableError(ReasonCode.TOO_LARGE)
    root = xml_tree.parse(data)
    if xml_tree.local_name(root) in _ENVELOPES:
        root = next((child for child in root if xml_tree.local_name(child) in ubl.ROOTS), root)
    name = xml_tree.local_name(root)
    if name in ubl.ROOTS:
        draft = ubl.read(root)
    elif name in cii.ROOTS:
        draft = cii.read(root)
    elif name in _OTHER_BUSINESS_DOCUMENTS:
        raise UnreadableError(ReasonCode.OTHER_DOCUMENT)
    else:
        return None
    if draft.total is None or draft.invoice_number is None:
        raise UnreadableError(ReasonCode.INCOMPLETE)
    return draft
