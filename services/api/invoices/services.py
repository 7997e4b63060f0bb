"""Wiring of the use cases and readers of invoices."""

from dataclasses import dataclass

from services.api.invoices.corrections import Corrections
from services.api.invoices.document_reader import DocumentReader
from services.api.invoices.page_images.service import PageImages
from services.api.invoices.reader import InvoiceReader
from shared.mongo import Database


@dataclass(frozen=True)
class InvoiceServices:
    """Read and correct invoices, and read their documents."""

    reader: InvoiceReader
    corrections: Corrections
    documents: DocumentReader
    page_images: PageImages


def build_invoice_services(database: Database) -> InvoiceServices:
    """Create the services of invoices."""
    return InvoiceServices(
        reader=InvoiceReader(database),
        corrections=Corrections(database),
        documents=DocumentReader(database),
        page_images=PageImages(),
    )
