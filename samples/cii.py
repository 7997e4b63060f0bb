"""UN/CEFACT Cross Industry Invoices (D16B), as EN 16931 and Factur-X use them."""

from datetime import date
from decimal import Decimal

from lxml import etree

from samples.model import Invoice, Line, Party

_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"


def to_cii(invoice: Invoice) -> bytes:
    """Return the invoice as a CrossIndustryInvoice document."""
    root = etree.Element(f"{{{_RSM}}}CrossIndustryInvoice", nsmap={"rsm": _RSM, "ram": _RAM, "udt": _UDT})
    context = etree.SubElement(root, f"{{{_RSM}}}ExchangedDocumentContext")
    _text(_child(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", "urn:cen.eu:en16931:2017")
    document = etree.SubElement(root, f"{{{_RSM}}}ExchangedDocument")
    _text(document, "ID", invoice.number)
    _text(document, "TypeCode", "381" if invoice.kind == "credit_note" else "380")
    _date(_child(document, "IssueDateTime"), invoice.issue_date)
    transaction = etree.SubElement(root, f"{{{_RSM}}}SupplyChainTradeTransaction")
    for position, line in enumerate(invoice.lines, 1):
        _line(_child(transaction, "IncludedSupplyChainTradeLineItem"), position, line)
    agreement = _child(transaction, "ApplicableHeaderTradeAgreement")
    _party(_child(agreement, "SellerTradeParty"), invoice.vendor, invoice.vendor.tax_id)
    _party(_child(agreement, "BuyerTradeParty"), invoice.buyer, None)
    delivery = _child(transaction, "ApplicableHeaderTradeDelivery")
    _date(_child(_child(delivery, "ActualDeliverySupplyChainEvent"), "OccurrenceDateTime"), invoice.issue_date)
    _settlement(_child(transaction, "ApplicableHeaderTradeSettlement"), invoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _line(item: etree._Element, position: int, line: Line) -> None:
    _text(_child(item, "AssociatedDocumentLineDocument"), "LineID", str(position))
    _text(_child(item, "SpecifiedTradeProduct"), "Name", line.description)
    price = _child(_child(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _money(price, "ChargeAmount", line.price)
    quantity = _text(_child(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", str(line.quantity))
    quantity.set("unitCode", "C62")
    settlement = _child(item, "SpecifiedLineTradeSettlement")
    tax = _child(settlement, "ApplicableTradeTax")
    _rate(tax, line.rate)
    _money(_child(settlement, "SpecifiedTradeSettlementLineMonetarySummation"), "LineTotalAmount", line.amount)


def _party(parent: etree._Element, party: Party, tax_id: str | None) -> None:
    _text(parent, "Name", party.name)
    address = _child(parent, "PostalTradeAddress")
    _text(address, "PostcodeCode", party.postcode)
    _text(address, "LineOne", party.street)
    _text(address, "CityName", party.city)
    _text(address, "CountryID", party.country)
    if tax_id:
        _text(_child(parent, "SpecifiedTaxRegistration"), "ID", tax_id).set("schemeID", "VA")


def _settlement(parent: etree._Element, invoice: Invoice) -> None:
    currency = invoice.vendor.currency
    _text(parent, "InvoiceCurrencyCode", currency)
    if invoice.iban:
        means = _child(parent, "SpecifiedTradeSettlementPaymentMeans")
        _text(means, "TypeCode", "58")
        _text(_child(means, "PayeePartyCreditorFinancialAccount"), "IBANID", invoice.iban)
    for share in invoice.shares:
        tax = _child(parent, "ApplicableTradeTax")
        _money(tax, "CalculatedAmount", share.tax)
        _text(tax, "TypeCode", "VAT")
        _money(tax, "BasisAmount", share.basis)
        _text(tax, "CategoryCode", "S")
        _text(tax, "RateApplicablePercent", str(share.rate))
    if invoice.due_date:
        _date(_child(_child(parent, "SpecifiedTradePaymentTerms"), "DueDateDateTime"), invoice.due_date)
    totals = _child(parent, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _money(totals, "LineTotalAmount", invoice.net)
    _money(totals, "TaxBasisTotalAmount", invoice.net)
    _money(totals, "TaxTotalAmount", invoice.tax).set("currencyID", currency)
    _money(totals, "GrandTotalAmount", invoice.total)
    _money(totals, "DuePayableAmount", invoice.total)


def _rate(tax: etree._Element, rate: Decimal) -> None:
    _text(tax, "TypeCode", "VAT")
    _text(tax, "CategoryCode", "S")
    _text(tax, "RateApplicablePercent", str(rate))


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_RAM}}}{name}")


def _text(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = _child(parent, name)
    element.text = text
    return element


def _money(parent: etree._Element, name: str, value: Decimal) -> etree._Element:
    return _text(parent, name, f"{value:.2f}")


def _date(parent: etree._Element, day: date) -> None:
    element = etree.SubElement(parent, f"{{{_UDT}}}DateTimeString", format="102")
    element.text = f"{day:%Y%m%d}"
