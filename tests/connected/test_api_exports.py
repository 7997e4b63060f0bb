"""Invoices as files: complete, typed, safe to open; and originals that are safe to look at."""

import csv
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from tests.support.invoices import an_invoice, of, store_original
from tests.support.running_api import RunningApi, Somebody

ATTACKS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", '=HYPERLINK("http://evil.example")')
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook(content: bytes) -> list[dict[str, Any]]:
    """The rows of the first sheet by column; formulas are an error."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{MAIN}f"))
    rows = [{cell.get("r", "").rstrip("0123456789"): _value(cell) for cell in row} for row in sheet.iter(f"{MAIN}row")]
    titles = rows[0]
    return [{titles[column]: value for column, value in row.items()} for row in rows[1:]]


def _value(cell: etree._Element) -> Any:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    number = Decimal("".join(cell.itertext()))
    return bool(number) if cell.get("t") == "b" else number


async def test_the_three_files_hold_the_same_invoices_in_the_same_order(api: RunningApi) -> None:
    invoices = [
        of(f"i{n:04}", f"Vendor {n}", f"2026-0{n % 9 + 1}-01", "EUR", f"-{n}.10", needs_check=n % 2 == 0)
        for n in range(1200)
    ]
    await api.database["invoices"].insert_many([*invoices, {**of("x", "Eve", None, "EUR", None), "user_id": "eve"}])
    anna = api.client("anna")
    listed = (await anna.get("/v1/invoices.json")).json()
    as_csv = await anna.get("/v1/invoices.csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    as_xlsx = await anna.get("/v1/invoices.xlsx")
    cells = workbook(as_xlsx.content)
    assert len(listed) == 1200
    assert [row["id"] for row in rows] == [row["id"] for row in cells] == [invoice["id"] for invoice in listed]
    assert as_csv.headers["content-disposition"] == 'attachment; filename="invoices.csv"'
    first = listed[0]
    assert (rows[0]["issue_date"], rows[0]["total"]) == (first["issue_date"], first["total"])
    assert cells[0]["total"] == Decimal(first["total"])
    assert cells[0]["issue_date"] == Decimal(46_266)  # the first of September 2026, counted in days as workbooks do
    assert (rows[0]["needs_check"], cells[0]["needs_check"]) in (("yes", True), ("no", False))
    only = (await anna.get("/v1/invoices.csv", params={"vendor": "Vendor 7", "sort": "total"})).text.splitlines()
    assert len(only) == 112


async def test_nothing_in_a_mail_becomes_a_formula(api: RunningApi) -> None:
    invoices = [of(f"i{n}", text, "2026-01-01", "EUR", "1.00") for n, text in enumerate(ATTACKS)]
    await api.database["invoices"].insert_many(invoices)
    anna = api.client("anna")
    rows = csv.DictReader(io.StringIO((await anna.get("/v1/invoices.csv")).text, newline=""))
    assert {row["vendor"] for row in rows} == {f"'{text}" for text in ATTACKS}
    cells = workbook((await anna.get("/v1/invoices.xlsx")).content)
    assert {row["vendor"].replace("_x000D_", "\r").strip() for row in cells} == {text.strip() for text in ATTACKS}


async def test_no_invoices_make_files_all_the_same(api: RunningApi) -> None:
    anna = api.client("anna")
    assert (await anna.get("/v1/invoices.json")).json() == []
    assert len((await anna.get("/v1/invoices.csv")).text.splitlines()) == 1
    assert workbook((await anna.get("/v1/invoices.xlsx")).content) == []


async def test_an_amount_too_long_for_a_workbooks_numbers_and_a_day_before_its_first_stay_exact(
    api: RunningApi,
) -> None:
    await api.database["invoices"].insert_one(of("i1", "V", "1899-12-31", "EUR", "12345678901234567.89"))
    (row,) = workbook((await api.client("anna").get("/v1/invoices.xlsx")).content)
    assert (row["total"], row["issue_date"]) == ("12345678901234567.89", "1899-12-31")


HTML = b"""<html><head><title>x</title><script>alert(1)</script><style>@import 'http://evil'</style></head>
<body onload="alert(1)"><p style="color: red">Total <b>10.00</b></p><img src="http://evil/pixel.png">
<img src="data:image/png;base64,AAAA"><a href="javascript:alert(1)">a</a><a href="data:text/html,x">b</a>
<form action="http://evil"><input name="q"></form><iframe src="http://evil"></iframe><svg onload="x"></svg></body>"""


async def test_a_mail_is_shown_without_anything_that_runs_or_loads(api: RunningApi) -> None:
    carrier = await store_original(api.database, "mail.html", HTML, "text/html")
    await api.database["invoices"].insert_one(an_invoice("i1", carriers=[carrier]))
    answer = await api.client("anna").get("/v1/invoices/i1/view")
    text = answer.text.lower()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert '<p style="color:red">total <b>10.00</b></p>' in text.replace("color: red", "color:red")
    assert "data:image/png" in text
    for gone in ("script", "onload", "<form", "<input", "<iframe", "<svg", "data:text/html", "@import"):
        assert gone not in text, gone


@pytest.mark.parametrize(
    ("name", "content", "content_type", "shown", "sandboxed"),
    [
        ("a.pdf", b"%PDF-1.7", "application/pdf", "application/pdf", False),
        ("a.xml", b"<Invoice/>", "application/xml", "text/plain; charset=utf-8", True),
        ("a.txt", b"Total 10.00", "text/plain", "text/plain; charset=utf-8", True),
        ("a.png", b"\x89PNG", "image/png", "image/png", False),
    ],
)
async def test_documents_are_shown_as_what_they_are_and_nothing_else(
    somebody: Somebody, name: str, content: bytes, content_type: str, shown: str, sandboxed: bool
) -> None:
    carrier = await store_original(somebody.database, name, content, content_type, user_id=somebody.user_id)
    invoice = an_invoice(f"invoice of {somebody.user_id}", carriers=[carrier], user_id=somebody.user_id)
    await somebody.database["invoices"].insert_one(invoice)
    answer = await somebody.client.get(f"/v1/invoices/{invoice['_id']}/view")
    assert (answer.content, answer.headers["content-type"]) == (content, shown)
    assert answer.headers["content-disposition"].startswith(f'inline; filename="{name}"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("sandbox" in answer.headers["content-security-policy"]) is sandboxed
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_what_cannot_be_shown_safely_can_still_be_downloaded(api: RunningApi) -> None:
    carrier = await store_original(api.database, "a.bin", b"\x00\x01", "application/octet-stream")
    await api.database["invoices"].insert_one(an_invoice("i1", carriers=[carrier]))
    anna = api.client("anna")
    refused = await anna.get("/v1/invoices/i1/view")
    assert (refused.status_code, refused.json()["code"]) == (406, "not_viewable")
    assert (await anna.get("/v1/invoices/i1/document")).content == b"\x00\x01"
