"""Small messages and documents for the extractor's tests; every value in them is chosen here."""

import io
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage

import pypdf
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # ships no type hints

from services.scanner.extract.limits import Limits
from services.scanner.extract.model import ExtractedInvoice, MessageReport
from services.scanner.extract.pipeline import examine

LIMITS = Limits()
Attachment = tuple[str, bytes]

UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>KL-7</cbc:ID><cbc:IssueDate>2026-03-01</cbc:IssueDate><cbc:DueDate>2026-03-31</cbc:DueDate>
 <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cac:AccountingSupplierParty><cac:Party>
  <cac:PartyTaxScheme>
   <cbc:CompanyID>12/345</cbc:CompanyID><cac:TaxScheme><cbc:ID>FC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
  <cac:PartyTaxScheme>
   <cbc:CompanyID>DE111222333</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
  <cac:PartyLegalEntity><cbc:RegistrationName>Kleine Leuchten GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
 </cac:Party></cac:AccountingSupplierParty>
 <cac:PaymentMeans>
  <cac:PayeeFinancialAccount><cbc:ID>DE89 3704 0044 0532 0130 00</cbc:ID></cac:PayeeFinancialAccount>
 </cac:PaymentMeans>
 <cac:TaxTotal><cbc:TaxAmount currencyID="USD">21.00</cbc:TaxAmount></cac:TaxTotal>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
 <cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>
  <cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount>
  <cbc:PayableAmount currencyID="EUR">69.00</cbc:PayableAmount>
 </cac:LegalMonetaryTotal>
</Invoice>"""

CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocument><ram:ID>F-2026-9</ram:ID><ram:TypeCode>380</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">20260412</udt:DateTimeString></ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Atelier Brume SARL</ram:Name>
   <ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">201/1</ram:ID></ram:SpecifiedTaxRegistration>
   <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">FR12345678901</ram:ID></ram:SpecifiedTaxRegistration>
  </ram:SellerTradeParty></ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
   <ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount>
    <ram:IBANID>FR1420041010050500013M02606</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
   </ram:SpecifiedTradeSettlementPaymentMeans>
   <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
    <udt:DateTimeString format="203">202605121200</udt:DateTimeString></ram:DueDateDateTime>
   </ram:SpecifiedTradePaymentTerms>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    <ram:TaxBasisTotalAmount>200.00</ram:TaxBasisTotalAmount>
    <ram:TaxTotalAmount currencyID="EUR">40.00</ram:TaxTotalAmount>
    <ram:GrandTotalAmount>240.00</ram:GrandTotalAmount><ram:DuePayableAmount>240.00</ram:DuePayableAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""

PAGE = (
    ("Harbour Tools Ltd",),
    ("12 Quay Street, Bristol",),
    ("INVOICE",),
    ("Invoice number:", "HT-2210"),
    ("Invoice date:", "3 March 2026"),
    ("Due date:", "2 April 2026"),
    ("Bill to",),
    ("Somebody Else Inc",),
    ("Subtotal", "£250.00"),
    ("VAT 20%", "£50.00"),
    ("Total due", "£300.00"),
)
"""Lines of a plain PDF invoice, each a few cells."""


def mail(
    *attachments: Attachment,
    text: str = "See attached.",
    html: str | None = None,
    sender: str = "Harbour Tools <billing@harbour.example>",
    subject: str = "Document",
) -> bytes:
    """A message with attachments whose declared type and name tell nothing more than the name given."""
    message = EmailMessage()
    message["From"], message["Subject"] = sender, subject
    message["Date"], message["Message-ID"] = "Thu, 05 Mar 2026 10:00:00 +0100", "<one@harbour.example>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def pdf(*pages: Sequence[Sequence[str]]) -> bytes:
    """Pages with cells at two columns; `PAGE` if none is given."""
    target = io.BytesIO()
    canvas = Canvas(target)
    for lines in pages or (PAGE,):
        for row, cells in enumerate(lines):
            for column, text in enumerate(cells):
                canvas.drawString(60 + 220 * column, 780 - 22 * row, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def pdf_with(name: str, data: bytes, lines: Sequence[Sequence[str]] = PAGE) -> bytes:
    """A PDF with an embedded file."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines)))
    writer.add_attachment(name, data)
    return _written(writer)


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def zipped(*members: Attachment) -> bytes:
    """A zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def report_of(raw: bytes, limits: Limits = LIMITS) -> MessageReport:
    """The report on a message."""
    return examine(raw, limits)[0]


def only_invoice(raw: bytes) -> ExtractedInvoice:
    """The one invoice in a message."""
    (invoice,) = report_of(raw).invoices
    return invoice
