"""UBL 2.1 invoices and credit notes, as EN 16931 lays them out (the Peppol profile)."""

from decimal import Decimal

from lxml import etree

from samples.model import Invoice, Line, Party, TaxShare

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_PROFILE = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"


def to_ubl(invoice: Invoice) -> bytes:
    """Return the invoice as a UBL document; a credit note as CreditNote."""
    credit = invoice.kind == "credit_note"
    name = "CreditNote" if credit else "Invoice"
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, "cac": _CAC, "cbc": _CBC})
    _basic(root, "CustomizationID", _PROFILE)
    _basic(root, "ID", invoice.number)
    _basic(root, "IssueDate", invoice.issue_date.isoformat())
    if invoice.due_date and not credit:
        _basic(root, "DueDate", invoice.due_date.isoformat())
    _basic(root, f"{name}TypeCode", "381" if credit else "380")
    _basic(root, "DocumentCurrencyCode", invoice.vendor.currency)
    _party(_aggregate(root, "AccountingSupplierParty"), invoice.vendor, invoice.vendor.tax_id)
    _party(_aggregate(root, "AccountingCustomerParty"), invoice.buyer, None)
    if invoice.iban:
        means = _aggregate(root, "PaymentMeans")
        _basic(means, "PaymentMeansCode", "30")
        _basic(_aggregate(means, "PayeeFinancialAccount"), "ID", invoice.iban)
    _taxes(root, invoice)
    totals = _aggregate(root, "LegalMonetaryTotal")
    for field, value in (
        ("LineExtensionAmount", invoice.net),
        ("TaxExclusiveAmount", invoice.net),
        ("TaxInclusiveAmount", invoice.total),
        ("PayableAmount", invoice.total),
    ):
        _money(totals, field, value, invoice)
    for position, line in enumerate(invoice.lines, 1):
        _line(_aggregate(root, f"{name}Line"), position, line, invoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _party(role: etree._Element, party: Party, tax_id: str | None) -> None:
    parent = _aggregate(role, "Party")
    _basic(_aggregate(parent, "PartyName"), "Name", party.name)
    address = _aggregate(parent, "PostalAddress")
    _basic(address, "StreetName", party.street)
    _basic(address, "CityName", party.city)
    _basic(address, "PostalZone", party.postcode)
    _basic(_aggregate(address, "Country"), "IdentificationCode", party.country)
    if tax_id:
        scheme = _aggregate(parent, "PartyTaxScheme")
        _basic(scheme, "CompanyID", tax_id)
        _basic(_aggregate(scheme, "TaxScheme"), "ID", "VAT")
    _basic(_aggregate(parent, "PartyLegalEntity"), "RegistrationName", party.name)


def _taxes(root: etree._Element, invoice: Invoice) -> None:
    total = _aggregate(root, "TaxTotal")
    _money(total, "TaxAmount", invoice.tax, invoice)
    for share in invoice.shares:
        _share(_aggregate(total, "TaxSubtotal"), share, invoice)


def _share(subtotal: etree._Element, share: TaxShare, invoice: Invoice) -> None:
    _money(subtotal, "TaxableAmount", share.basis, invoice)
    _money(subtotal, "TaxAmount", share.tax, invoice)
    _category(_aggregate(subtotal, "TaxCategory"), share.rate)


def _category(category: etree._Element, rate: Decimal) -> None:
    _basic(category, "ID", "S")
    _basic(category, "Percent", str(rate))
    _basic(_aggregate(category, "TaxScheme"), "ID", "VAT")


def _line(parent: etree._Element, position: int, line: Line, invoice: Invoice) -> None:
    _basic(parent, "ID", str(position))
    quantity = "CreditedQuantity" if invoice.kind == "credit_note" else "InvoicedQuantity"
    _basic(parent, quantity, str(line.quantity)).set("unitCode", "C62")
    _money(parent, "LineExtensionAmount", line.amount, invoice)
    item = _aggregate(parent, "Item")
    _basic(item, "Name", line.description)
    _category(_aggregate(item, "ClassifiedTaxCategory"), line.rate)
    _money(_aggregate(parent, "Price"), "PriceAmount", line.price, invoice)


def _aggregate(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _basic(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_CBC}}}{name}")
    element.text = text
    return element


def _money(parent: etree._Element, name: str, value: Decimal, invoice: Invoice) -> None:
    _basic(parent, name, f"{value:.2f}").set("currencyID", invoice.vendor.currency)
