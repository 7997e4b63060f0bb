"""Hybrid invoices (Factur-X, ZUGFeRD): a PDF for people with the same invoice as XML inside."""

from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject


def embed(pdf: bytes, xml: bytes, filename: str) -> bytes:
    """Return the PDF with `xml` as an associated file (PDF/A-3 AFRelationship Alternative)."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    attachment = writer.add_attachment(filename, xml)
    attachment.subtype = NameObject("/text/xml")
    attachment.associated_file_relationship = NameObject("/Alternative")
    writer.root_object[NameObject("/AF")] = ArrayObject([attachment.pdf_object.indirect_reference])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
