"""Hostile documents: each costs at most its limits and one reason code, and the next message is
read."""

import io
from collections.abc import AsyncIterator, Callable

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # ships no type hints
import pytest

from services.scanner.extract.limits import MIB, Limits
from services.scanner.extract.sandbox.pool import ParserKilledError, ParserPool
from shared.ledger_reasons import ReasonCode
from tests.support.documents import UBL, mail, only_invoice, pdf, report_of
from tests.support.waiting import SECONDS

GOOD = mail(("a.xml", UBL.encode()))
EXTERNAL = UBL.replace("<Invoice", '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice', 1)
OUTSIDE_DTD = UBL.replace("<Invoice", '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd"><Invoice', 1)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    pool = ParserPool(workers=1, limits=Limits(seconds=SECONDS))
    await pool.start()
    yield pool
    await pool.close()


def test_entities_in_another_encoding_are_refused_too() -> None:
    document = EXTERNAL.replace("KL-7", "&x;").replace("UTF-8", "UTF-16")
    report = report_of(mail(("a.xml", document.encode("utf-16"))))
    assert (report.outcome, report.reason) == ("failed", ReasonCode.XML_ENTITIES)
    assert "root:" not in report.model_dump_json()


def test_a_dtd_elsewhere_is_not_fetched_and_the_invoice_is_read() -> None:
    assert only_invoice(mail(("a.xml", OUTSIDE_DTD.encode()))).invoice_number == "KL-7"


def many_pages() -> bytes:
    """Return an invoice on the first of ten thousand pages."""
    rows = [("Harbour Tools Ltd",), ("INVOICE",), ("Invoice number: HT-1",), ("Total due £5.00",)]
    target = io.BytesIO()
    with pypdfium2.PdfDocument(pdf(rows)) as document:
        for _ in range(9_999):
            document.new_page(595, 842).close()
        document.save(target)
    return target.getvalue()


def with_broken_table() -> bytes:
    """Return a PDF with wrong offsets in its cross-reference table, as after a transfer as text."""
    data = pdf()
    at = data.rindex(b"xref\n0")
    return data[:at] + data[at:].replace(b"0000000", b"0000009")


def with_endless_pages() -> bytes:
    """Return a PDF with a page tree that contains itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
        b"trailer<</Size 3/Root 1 0 R/Prev 116>>\nstartxref\n116\n%%EOF"
    )


def with_itself_inside() -> bytes:
    """Return a PDF with fifty-one files inside, each of which claims to be XML."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    for number in range(51):
        writer.add_attachment(f"{number}.xml", b"<a>" * 20_000)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("make", "number"),
    [(many_pages, "HT-1"), (with_broken_table, "HT-2210"), (with_itself_inside, "HT-2210")],
    ids=["10,000 pages", "broken cross-reference table", "many broken files inside"],
)
async def test_a_pdf_that_is_only_odd_is_read(pool: ParserPool, make: Callable[[], bytes], number: str) -> None:
    (answer,) = await pool.examine([mail(("a.pdf", make()))])
    assert isinstance(answer, tuple)
    assert [invoice.invoice_number for invoice in answer[0].invoices] == [number]


LONG_WORDS = ("Invoice number " * 20_000, "1 - - " * 60_000, "a1/" * 100_000, "IBAN " + "DE89 3704 " * 40_000,
              "\N{COPYRIGHT SIGN} A " * 50_000, "1.000 " * 60_000, "Total " + "9" * 200_000, "@a." * 80_000,
              "(" * 100_000, "&" * 100_000)  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        *(mail(text=f"Invoice no. 1234 receipt total 5.00\n{word}\nTotal 5.00 EUR") for word in LONG_WORDS),
        mail(html="<p>invoice total 5.00" + "<table><tr><td>1.00</td><td>Total" * 3_000),
        mail(html="<p>invoice order total 5.00</p>" + "<td>Total due 5.00</td>" * 100_000),
        mail(("a.pdf", with_endless_pages())),
        mail(("a.xml", b"<Invoice>" * 100_000)),
        mail(("a.xml", b"<Invoice " + b"a='1' " * 500_000 + b"/>")),
    ],
)
async def test_what_is_built_to_cost_time_stays_inside_the_limits(pool: ParserPool, raw: bytes) -> None:
    answer, good = await pool.examine([raw, GOOD])
    assert not isinstance(answer, ParserKilledError)
    assert isinstance(good, tuple)
    assert good[0].outcome == "invoice"


async def test_a_pdf_that_keeps_its_parser_busy_costs_one_parser_process() -> None:
    busy = b"%PDF-1.7\n" + b"1 0 obj<</Length 99999999999>>stream\n" * 20_000
    pool = ParserPool(workers=1, limits=Limits(seconds=SECONDS, cpu_seconds=1))
    await pool.start()
    try:
        answer, good = await pool.examine([mail(("a.pdf", busy)), GOOD])
    finally:
        await pool.close()
    assert isinstance(answer, ParserKilledError)
    assert answer.limit == "cpu"
    assert isinstance(good, tuple)
    assert good[0].outcome == "invoice"


async def test_two_hundred_megabytes_of_text_cost_no_more_than_the_message() -> None:
    pool = ParserPool(workers=1, limits=Limits(seconds=SECONDS))
    await pool.start()
    try:
        head = b"From: a@example.com\nContent-Type: text/plain\n\nInvoice number: 17 total 5.00 EUR\n"
        answer, good = await pool.examine([head + b"Total 5.00\n" * (200 * MIB // 11), GOOD])
    finally:
        await pool.close()
    assert isinstance(answer, ParserKilledError) or answer[0].outcome in ("none", "invoice")
    assert isinstance(good, tuple)
    assert good[0].outcome == "invoice"
