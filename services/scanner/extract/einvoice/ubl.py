"""Reader of UBL 2.x Invoice and CreditNote (OASIS), by EN 16931 business terms."""

from services.scanner.extract.einvoice.xml_fields import (
    SUBSTITUTE,
    in_currency,
    put_amount,
    put_date,
    put_iban,
    put_text,
)
from services.scanner.extract.einvoice.xml_tree import Element, find, find_all, first_present, local_name, text_of
from services.scanner.extract.invoice_draft import InvoiceDraft

ROOTS = frozenset({"Invoice", "CreditNote"})
CREDIT_NOTE_CODES = frozenset({"81", "83", "261", "381", "396", "532"})
"""UNTDID 1001 codes of credit notes."""


def read(root: Element) -> InvoiceDraft:
    """Return the values of a UBL document; missing ones stay unset."""
    draft = InvoiceDraft(format="ubl", source="xml")
    if local_name(root) == "CreditNote" or type_code(root) in CREDIT_NOTE_CODES:
        draft.kind = "credit_note"
    put_text(draft, "invoice_number", find(root, "ID"))
    put_date(draft, "issue_date", find(root, "IssueDate"))
    put_date(draft, "due_date", first_present(find(root, "DueDate"), find(root, "PaymentMeans", "PaymentDueDate")))
    put_text(draft, "currency", find(root, "DocumentCurrencyCode"))
    _read_amounts(draft, root)
    _read_seller(draft, root)
    put_iban(draft, list(find_all(root, "PaymentMeans", "PayeeFinancialAccount", "ID")))
    return draft


def type_code(root: Element) -> str:
    """Return the document's type by UNTDID 1001, or an empty string."""
    return text_of(find(root, ("InvoiceTypeCode", "CreditNoteTypeCode")))


def _read_amounts(draft: InvoiceDraft, root: Element) -> None:
    sums = ("LegalMonetaryTotal", "RequestedMonetaryTotal")
    total = find(root, sums, "TaxInclusiveAmount")
    if total is not None:
        put_amount(draft, "total", total)
    else:
        put_amount(draft, "total", find(root, sums, "PayableAmount"), SUBSTITUTE)
    net = find(root, sums, "TaxExclusiveAmount")
    if net is not None:
        put_amount(draft, "net", net)
    else:
        put_amount(draft, "net", find(root, sums, "LineExtensionAmount"), SUBSTITUTE)
    put_amount(draft, "tax", in_currency(draft, root, "TaxTotal", "TaxAmount"))
    stated_in = total if total is not None else find(root, sums, "PayableAmount")
    if draft.currency is None and stated_in is not None and (code := stated_in.get("currencyID")):
        draft.put("currency", str(code), locator="@currencyID", text=str(code), confidence=SUBSTITUTE)


def _read_seller(draft: InvoiceDraft, root: Element) -> None:
    party = ("AccountingSupplierParty", "Party")
    registered = find(root, *party, "PartyLegalEntity", "RegistrationName")
    put_text(draft, "vendor", first_present(registered, find(root, *party, "PartyName", "Name")))
    for scheme in find_all(root, *party, "PartyTaxScheme"):
        if text_of(find(scheme, "TaxScheme", "ID")).upper() in ("VAT", ""):
            put_text(draft, "vendor_tax_id", find(scheme, "CompanyID"))
            return
