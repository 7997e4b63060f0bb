"""Messages that carry an invoice, one function for each way in which vendors send them."""

import io
import zipfile
from collections.abc import Callable
from random import Random

from samples.cii import to_cii
from samples.html import block_receipt, schema_invoice, schema_order, table_receipt
from samples.logo import png
from samples.mail import Attachment, Draft
from samples.model import Carrier, Invoice
from samples.pdf.hybrid import embed
from samples.regions import wording_of
from samples.text import to_text
from samples.ubl import to_ubl

Layout = Callable[[Invoice], bytes]
_PDF_TYPES = ("application/pdf", "application/pdf", "application/pdf", "application/octet-stream")
_XML_TYPES = ("application/xml", "text/xml", "application/octet-stream")


def with_pdf(invoice: Invoice, layout: Layout, random: Random) -> Draft:
    """Attach a PDF, mostly under a telling name, sometimes under a bare one or a bare type."""
    attachment = Attachment(layout(invoice), random.choice(_PDF_TYPES), _pdf_name(invoice, random))
    return _cover(invoice, random, "pdf", attachment)


def with_hybrid(invoice: Invoice, layout: Layout, random: Random, embedded_name: str) -> Draft:
    """Attach a PDF with the same invoice as CII inside."""
    pdf = embed(layout(invoice), to_cii(invoice), embedded_name)
    return _cover(invoice, random, "factur-x", Attachment(pdf, "application/pdf", _pdf_name(invoice, random)))


def with_xml(invoice: Invoice, carrier: Carrier, random: Random, *, layout: Layout | None = None) -> Draft:
    """Attach UBL or CII, and a PDF of the same invoice when `layout` is given."""
    xml = to_ubl(invoice) if carrier == "ubl" else to_cii(invoice)
    names = (f"{_file_stem(invoice)}.xml", "invoice.xml", f"{invoice.vendor.slug}_export.dat", "1000234.XML")
    attachments = [Attachment(xml, random.choice(_XML_TYPES), random.choice(names))]
    if layout:
        attachments.insert(0, Attachment(layout(invoice), "application/pdf", _pdf_name(invoice, random)))
    return _cover(invoice, random, carrier, *attachments)


def with_zip(invoice: Invoice, layout: Layout, random: Random) -> Draft:
    """Attach a zip archive that holds the PDF and a note."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in ((f"{_file_stem(invoice)}.pdf", layout(invoice)), ("README.txt", b"Document archive\n")):
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return _cover(invoice, random, "pdf", Attachment(out.getvalue(), "application/zip", f"{_file_stem(invoice)}.zip"))


def as_html(invoice: Invoice, random: Random, *, schema: str | None = None) -> Draft:
    """Return an HTML receipt; `schema` ("Invoice" or "Order") adds JSON-LD of that type."""
    subject, opening = _filled(random.choice(wording_of(invoice).language.prose.paid), invoice)
    data = {None: None, "Invoice": schema_invoice(invoice), "Order": schema_order(invoice)}[schema]
    look = random.choice((table_receipt, block_receipt))
    return Draft(subject, f"{opening}\n", html=look(invoice, data), carrier="json-ld" if schema else "html")


def as_text(invoice: Invoice, random: Random) -> Draft:
    """Return everything in the plain text of the message."""
    prose = wording_of(invoice).language.prose
    subject, opening = _filled(random.choice(prose.paid), invoice)
    if invoice.kind == "invoice":
        subject, opening = _filled(prose.billing[0], invoice)[0], ""
    return Draft(subject, to_text(invoice, opening), carrier="text")


def _cover(invoice: Invoice, random: Random, carrier: Carrier, *attachments: Attachment) -> Draft:
    """Return the covering letter; some vendors add HTML with their logo."""
    subject, text = _filled(random.choice(wording_of(invoice).language.prose.billing), invoice)
    if random.random() < 0.7:
        return Draft(subject, f"{text}\n", attachments=attachments, carrier=carrier)
    paragraphs = "".join(f"<p>{line}</p>" for line in text.splitlines() if line)
    return Draft(
        subject,
        f"{text}\n",
        html=f'<html><body>{paragraphs}<img src="cid:logo@signature" alt=""></body></html>\n',
        signature=Attachment(png(invoice.vendor.colour), "image/png", "logo.png"),
        attachments=attachments,
        carrier=carrier,
    )


def _filled(pair: tuple[str, str], invoice: Invoice) -> tuple[str, str]:
    known = {"number": invoice.number, "vendor": invoice.vendor.name}
    return pair[0].format(**known), pair[1].format(**known)


def _pdf_name(invoice: Invoice, random: Random) -> str:
    return random.choice((f"{_file_stem(invoice)}.pdf", f"{_file_stem(invoice)}.pdf", "document.pdf", "scan_0001.PDF"))


def _file_stem(invoice: Invoice) -> str:
    return f"{wording_of(invoice).title(invoice)}_{invoice.number}".replace("/", "-").replace(" ", "_")
