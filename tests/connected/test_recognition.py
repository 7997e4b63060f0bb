"""The real recogniser, below the parser child with all its limits, reads what the project's own scanner has made."""

from typing import Literal

import pytest

from samples.scanned import picture, scanned
from samples.variety import Document, documents
from services.scanner.extract.limits import Limits
from services.scanner.extract.model import ExtractedInvoice
from shared.ledger_reasons import ReasonCode
from tests.support import recogniser
from tests.support.documents import mail
from tests.support.parsers import SharedParsers
from tests.support.waiting import SECONDS

PATIENT = Limits(seconds=SECONDS, cpu_seconds=120, ocr_document_seconds=SECONDS).with_ocr(SECONDS)
"""Tests share the machine with many others."""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    recogniser.install(print)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Document]:
    """An invoice of each of two languages."""
    found: dict[str, Document] = {}
    for document in documents("pdf", 40, seed="scanner"):
        expected = document.expected or {}
        language = {"GBP": "english", "USD": "english", "AUD": "english", "CHF": "german"}.get(expected["currency"])
        if language is not None and {"net", "tax", "total"} <= expected.keys():
            found.setdefault(language, document)
    return found


async def read(name: str, data: bytes) -> ExtractedInvoice:
    pool = SharedParsers(workers=1, limits=PATIENT)
    await pool.start()
    (answer,) = await pool.examine([mail((name, data), subject="Invoice")])
    assert isinstance(answer, tuple), answer
    report, originals = answer
    assert (report.outcome, report.reason) == ("invoice", ReasonCode.FOUND_PICTURE)
    (invoice,) = report.invoices
    assert list(originals.values()) == [data]
    return invoice


def agree(invoice: ExtractedInvoice, document: Document) -> bool:
    core = ("total", "invoice_number", "issue_date", "currency")
    return {name: str(getattr(invoice, name)) for name in core} == {
        name: (document.expected or {})[name] for name in core
    }


@pytest.mark.parametrize("language", ["english", "german"])
async def test_a_scanned_invoice_is_read(drawn: dict[str, Document], language: str) -> None:
    document = drawn[language]
    invoice = await read("scan.pdf", scanned(document.data, seed="a"))
    assert agree(invoice, document)
    assert {evidence.source for evidence in invoice.evidence.values() if "box" in evidence.locator} == {"ocr"}
    assert invoice.confidence <= 0.85


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
async def test_a_picture_of_any_form_is_read(
    drawn: dict[str, Document], form: Literal["PNG", "JPEG", "TIFF", "WEBP"]
) -> None:
    invoice = await read("page", picture(drawn["english"].data, form, seed="a"))
    assert invoice.format == "image"
    assert agree(invoice, drawn["english"])
