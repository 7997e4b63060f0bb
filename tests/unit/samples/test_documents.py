"""The documents in the mailboxes say what the truth says they do."""

import io
import zipfile
from collections import Counter
from decimal import Decimal
from functools import cache

import pypdf
import pytest
from lxml import etree

from tests.unit.samples.conftest import Samples

TOTALS = {
    "Invoice": "//*[local-name()='TaxInclusiveAmount']",
    "CreditNote": "//*[local-name()='TaxInclusiveAmount']",
    "CrossIndustryInvoice": "//*[local-name()='GrandTotalAmount']",
}


def _total(xml: bytes) -> tuple[str, Decimal]:
    root = etree.fromstring(xml)
    name = etree.QName(root).localname
    found = root.xpath(f"string({TOTALS[name]})")
    return name, Decimal(str(found))


@cache
def _pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_every_attached_xml_holds_the_total_of_the_truth(samples: Samples) -> None:
    roots: Counter[str] = Counter()
    for row, content in samples.documents():
        if content.startswith(b"<?xml"):
            name, total = _total(content)
            assert total == Decimal(row["expected"]["total"])
            roots[name] += 1
    assert roots == {"Invoice": 15, "CreditNote": 3, "CrossIndustryInvoice": 12}


def test_every_hybrid_pdf_embeds_the_total_of_the_truth_under_a_known_name(samples: Samples) -> None:
    names: Counter[str] = Counter()
    for row, content in samples.documents():
        if row["kind"] == "factur-x" and content.startswith(b"%PDF"):
            ((name, (xml,)),) = pypdf.PdfReader(io.BytesIO(content)).attachments.items()
            assert _total(xml) == ("CrossIndustryInvoice", Decimal(row["expected"]["total"]))
            names[name] += 1
    assert names == {"factur-x.xml": 9, "zugferd-invoice.xml": 3, "xrechnung.xml": 3, "ZUGFeRD-invoice.xml": 3}


def test_every_pdf_invoice_shows_number_and_total(samples: Samples) -> None:
    shown = 0
    for row, content in samples.documents():
        if content.startswith(b"%PDF"):
            text = "".join(_pages(content))
            assert row["expected"]["invoice_number"] in text
            assert _digits(row["expected"]["total"]) in _digits(text)
            shown += 1
    assert shown > 70


def test_the_long_invoice_has_two_pages(samples: Samples) -> None:
    pages = Counter(len(_pages(content)) for _, content in samples.documents() if content.startswith(b"%PDF"))
    assert pages[2] == 3


def test_a_zip_archive_holds_an_invoice(samples: Samples) -> None:
    archives = [(row, content) for row, content in samples.documents() if content.startswith(b"PK")]
    assert len(archives) == 3
    for row, content in archives:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (pdf,) = (archive.read(name) for name in archive.namelist() if name.endswith(".pdf"))
        assert row["expected"]["invoice_number"] in "".join(_pages(pdf))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@pytest.mark.parametrize("kind", ["html", "json-ld", "text"])
def test_a_receipt_in_the_body_shows_its_total(samples: Samples, kind: str) -> None:
    for row in samples.invoices():
        if row["kind"] == kind:
            raw = samples.raw(row["mailbox"])[row["message_id"]].decode("latin-1").replace("=\n", "")
            assert _digits(row["expected"]["total"]) in _digits(raw)
