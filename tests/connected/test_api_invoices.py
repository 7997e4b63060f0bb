"""Invoices through HTTP, on a real database."""

import hashlib
from typing import Any
from urllib.parse import unquote

import httpx

from shared.mongo import GridFSBucket
from tests.support.invoices import NOW, an_invoice, of
from tests.support.running_api import RunningApi

INVOICES = [
    of("i1", "Kestrel Cloud", "2026-10-01", "EUR", "10.00", account_id="a2"),
    of("i2", "kestrel hosting", "2026-10-31", "EUR", "9.50", invoice_number="KC-2026-77"),
    of("i3", "Owl (UK) Ltd.", "2026-09-15", "GBP", "100.00", needs_check=True),
    of("i4", None, None, "EUR", None, kind="receipt", near_duplicate_of="i2"),
    of("i5", "Finch", "2026-10-31", "EUR", "2.25", kind="credit_note", task_id="t2"),
]


async def ids(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """The ids on all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/invoices", params={**params, **cursor})).raise_for_status().json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_invoices_are_found_by_every_filter(api: RunningApi) -> None:
    await api.database["invoices"].insert_many(INVOICES)
    anna = api.client("anna")
    for params, wanted in (
        ({}, {"i1", "i2", "i3", "i4", "i5"}),
        ({"account_id": "a2"}, {"i1"}),
        ({"task_id": "t2"}, {"i5"}),
        ({"vendor": "KESTREL"}, {"i1", "i2"}),
        ({"vendor": "(uk) ltd."}, {"i3"}),
        ({"vendor": ".*"}, set()),
        ({"from": "2026-10-01"}, {"i1", "i2", "i5"}),
        ({"to": "2026-10-01"}, {"i1", "i3"}),
        ({"from": "2026-10-02", "to": "2026-10-31"}, {"i2", "i5"}),
        ({"currency": "gbp"}, {"i3"}),
        ({"kind": "credit_note"}, {"i5"}),
        ({"needs_check": "true"}, {"i3"}),
        ({"needs_check": "false"}, {"i1", "i2", "i4", "i5"}),
        ({"near_duplicate": "true"}, {"i4"}),
        ({"near_duplicate": "false"}, {"i1", "i2", "i3", "i5"}),
        ({"q": "kc-2026"}, {"i2"}),
        ({"vendor": "kestrel", "currency": "EUR", "q": "cloud"}, {"i1"}),
    ):
        assert set(await ids(anna, **params)) == wanted, params


async def test_pages_in_every_order_hold_every_invoice_once_missing_values_included(api: RunningApi) -> None:
    await api.database["invoices"].insert_many(INVOICES)
    anna = api.client("anna")
    for sort, wanted in (
        ("-issue_date", ["i5", "i2", "i1", "i3", "i4"]),
        ("issue_date", ["i4", "i3", "i1", "i2", "i5"]),
        ("-total", ["i3", "i1", "i2", "i5", "i4"]),
        ("total", ["i4", "i5", "i2", "i1", "i3"]),
        ("vendor", ["i4", "i5", "i1", "i3", "i2"]),
    ):
        for limit in (1, 2, 5):
            assert await ids(anna, sort=sort, limit=limit) == wanted, (sort, limit)
    assert await ids(anna) == await ids(anna, sort="-issue_date")
    cursor = (await anna.get("/v1/invoices", params={"limit": 1})).json()["next_cursor"]
    other = await anna.get("/v1/invoices", params={"limit": 1, "sort": "total", "cursor": cursor})
    assert other.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_the_summary_adds_up_by_currency_and_month_and_subtracts_credit_notes(api: RunningApi) -> None:
    await api.database["invoices"].insert_many(INVOICES)
    anna = api.client("anna")
    assert (await anna.get("/v1/invoices/summary")).json() == {
        "count": 5,
        "kinds": {"invoice": 3, "receipt": 1, "credit_note": 1},
        "to_check": 1,
        "near_duplicates": 1,
        "totals": {"EUR": "17.25", "GBP": "100.00"},
        "currencies": {"EUR": 4, "GBP": 1},
        "months": [
            {"month": "2026-10", "count": 3, "totals": {"EUR": "17.25"}},
            {"month": "2026-09", "count": 1, "totals": {"GBP": "100.00"}},
            {"month": None, "count": 1, "totals": {"EUR": "0"}},
        ],
    }
    assert (await anna.get("/v1/invoices/summary", params={"kind": "receipt"})).json()["count"] == 1


async def test_an_invoice_is_shown_with_decimal_strings_and_its_message(api: RunningApi) -> None:
    message = {"message_id": "<1@x>", "subject": "Your invoice", "from": "billing@example.com", "date": NOW}
    await api.database["invoices"].insert_one(of("i1", "Kestrel", "2026-10-01", "EUR", "10.00", message=message))
    invoice = (await api.client("anna").get("/v1/invoices/i1")).json()
    assert (invoice["id"], invoice["total"], invoice["issue_date"]) == ("i1", "10.00", "2026-10-01")
    assert invoice["message"]["from"] == "billing@example.com"
    assert not [name for name in invoice if name.startswith("_")]


async def test_the_original_document_is_a_download_that_no_browser_opens(api: RunningApi) -> None:
    content = b"<script>alert(1)</script>" * 20_000
    digest = hashlib.sha256(content).hexdigest()
    carrier = {
        "message_id": None,
        "folder": "",
        "uid": 1,
        "part": "2",
        "filename": 'Räch"nung\r\n.html',
        "sha256": digest,
    }
    await api.database["invoices"].insert_many(
        [an_invoice("i1", carriers=[carrier]), an_invoice("i2", carriers=[{**carrier, "sha256": "0" * 64}])]
    )
    bucket = GridFSBucket(api.database, bucket_name="documents")
    metadata = {"user_id": "anna", "content_type": "text/html"}
    async with bucket.open_upload_stream_with_id(f"anna/{digest}", "x", metadata=metadata) as file:
        await file.write(content)
    anna = api.client("anna")
    answer = await anna.get("/v1/invoices/i1/document")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    plain, _, extended = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="R_ch_nung__.html"'
    assert unquote(extended) == 'Räch"nung\r\n.html'
    assert (await anna.get("/v1/invoices/i2/document")).status_code == 404
