"""Reader of the UN/CEFACT Cross Industry Invoice, by EN 16931 business terms: D16B and later, and
the CrossIndustryDocument of ZUGFeRD 1.0."""

from services.scanner.extract.einvoice.ubl import CREDIT_NOTE_CODES
from services.scanner.extract.einvoice.xml_fields import (
    SUBSTITUTE,
    in_currency,
    put_amount,
    put_date,
    put_iban,
    put_text,
)
from services.scanner.extract.einvoice.xml_tree import (
    Element,
    attribute,
    find,
    find_all,
    first_present,
    locator,
    text_of,
)
from services.scanner.extract.invoice_draft import InvoiceDraft

ROOTS = frozenset({"CrossIndustryInvoice", "CrossIndustryDocument"})

_HEADER = ("ExchangedDocument", "HeaderExchangedDocument")
_TRANSACTION = ("SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction")
_AGREEMENT = ("ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement")
_SETTLEMENT = ("ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement")
_SUMS = ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
_DATE = ("DateTimeString", "DateTime", "DateString", "Date")
_ACCOUNT = ("PayeePartyCreditorFinancialAccount", "IBANID")


def read(root: Element) -> InvoiceDraft:
    """Return the values of a CII document; missing ones stay unset."""
    draft = InvoiceDraft(format="cii", source="xml")
    if type_code(root) in CREDIT_NOTE_CODES:
        draft.kind = "credit_note"
    put_text(draft, "invoice_number", find(root, _HEADER, "ID"))
    put_date(draft, "issue_date", find(root, _HEADER, "IssueDateTime", _DATE))
    _read_seller(draft, root)
    for settlement in find_all(root, _TRANSACTION, _SETTLEMENT):
        _read_settlement(draft, settlement)
    return draft


def type_code(root: Element) -> str:
    """Return the document's type by UNTDID 1001, or an empty string."""
    return text_of(find(root, _HEADER, "TypeCode"))


def _read_settlement(draft: InvoiceDraft, settlement: Element) -> None:
    put_text(draft, "currency", find(settlement, "InvoiceCurrencyCode"))
    put_date(draft, "due_date", find(settlement, "SpecifiedTradePaymentTerms", "DueDateDateTime", _DATE))
    put_amount(draft, "net", in_currency(draft, settlement, _SUMS, "TaxBasisTotalAmount"))
    put_amount(draft, "tax", in_currency(draft, settlement, _SUMS, "TaxTotalAmount"))
    total = in_currency(draft, settlement, _SUMS, "GrandTotalAmount")
    if total is not None:
        put_amount(draft, "total", total)
    else:
        put_amount(draft, "total", find(settlement, _SUMS, "DuePayableAmount"), SUBSTITUTE)
    if draft.currency is None and (stated := _currency_of(settlement)) is not None:
        code = attribute(stated, "currencyID")
        draft.put("currency", code, locator=f"{locator(stated)}/@currencyID", text=code, confidence=SUBSTITUTE)
    put_iban(draft, list(find_all(settlement, "SpecifiedTradeSettlementPaymentMeans", *_ACCOUNT)))


def _currency_of(settlement: Element) -> Element | None:
    """Return an amount that states its currency itself."""
    amounts = ("GrandTotalAmount", "DuePayableAmount", "TaxTotalAmount", "TaxBasisTotalAmount")
    return next((amount for amount in find_all(settlement, _SUMS, amounts) if attribute(amount, "currencyID")), None)


def _read_seller(draft: InvoiceDraft, root: Element) -> None:
    for seller in find_all(root, _TRANSACTION, _AGREEMENT, "SellerTradeParty"):
        trading = find(seller, "SpecifiedLegalOrganization", "TradingBusinessName")
        put_text(draft, "vendor", first_present(find(seller, "Name"), trading))
        for number in find_all(seller, "SpecifiedTaxRegistration", "ID"):
            if attribute(number, "schemeID") in ("VA", "VAT"):
                put_text(draft, "vendor_tax_id", number)
                return
