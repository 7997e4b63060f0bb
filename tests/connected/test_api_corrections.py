"""What people correct stands wherever invoices are shown, and can be taken back."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import Decimal128

from services.api.invoices.corrections import Corrections
from tests.support.invoices import of
from tests.support.running_api import RunningApi, Somebody, running_api
from tests.support.servers import TestDatabase, Vhost

INVOICES = [
    of("i1", "Kestrel Cloud", "2026-10-01", "EUR", "10.00"),
    of("i2", "Owl Ltd.", "2026-10-31", "EUR", "9.50"),
    of("i3", "Finch", "2026-09-15", "GBP", "100.00"),
    of("i4", None, None, "EUR", None),
]


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    async with running_api(vhost, database) as running:
        await running.database["invoices"].insert_many(INVOICES)
        yield running


async def correct(client: httpx.AsyncClient, invoice_id: str, **values: Any) -> dict[str, Any]:
    answer = await client.patch(f"/v1/invoices/{invoice_id}", json=values)
    invoice: dict[str, Any] = answer.raise_for_status().json()
    return invoice


async def test_a_correction_stands_beside_what_was_found_and_is_taken_back_with_null(api: RunningApi) -> None:
    anna = api.client("anna")
    invoice = await correct(anna, "i1", total="12.50", vendor="Kestrel Cloud Ltd")
    assert (invoice["total"], invoice["vendor"]) == ("12.50", "Kestrel Cloud Ltd")
    told = invoice["corrections"]
    assert told["total"].items() >= {"value": "12.50", "found": "10.00", "by": "anna"}.items()
    assert told["vendor"].items() >= {"value": "Kestrel Cloud Ltd", "found": "Kestrel Cloud"}.items()
    assert (await anna.get("/v1/invoices/i1")).json() == invoice
    stored = await api.database["invoices"].find_one({"_id": "i1"})
    assert stored == INVOICES[0]

    once = await correct(anna, "i1", total=None)
    assert (once["total"], list(once["corrections"])) == ("10.00", ["vendor"])
    back = await correct(anna, "i1", vendor=None)
    assert (back["vendor"], back["corrections"]) == ("Kestrel Cloud", {})
    assert await ids(anna, sort="-issue_date") == ["i2", "i1", "i3", "i4"]


async def test_a_scan_changes_what_was_found_and_not_what_was_corrected(api: RunningApi) -> None:
    anna = api.client("anna")
    await correct(anna, "i1", total="12.50")
    changed = {"total": Decimal128("11.00"), "vendor": "Kestrel"}
    await api.database["invoices"].update_one({"_id": "i1"}, {"$set": changed, "$inc": {"_version": 1}})
    invoice = (await anna.get("/v1/invoices/i1")).json()
    assert (invoice["total"], invoice["corrections"]["total"]["found"], invoice["vendor"]) == (
        "12.50",
        "11.00",
        "Kestrel",
    )


async def test_lists_searches_summaries_and_exports_go_by_the_corrected_values(api: RunningApi) -> None:
    anna = api.client("anna")
    await correct(anna, "i1", total="200.00", currency="GBP", vendor="Zebra", issue_date="2026-09-20")
    await correct(anna, "i4", vendor="Albatross", total="1.00", issue_date="2026-12-01", kind="credit_note")
    for limit in (1, 2, 50):
        assert await ids(anna, sort="-issue_date", limit=limit) == ["i4", "i2", "i1", "i3"]
        assert await ids(anna, sort="issue_date", limit=limit) == ["i3", "i1", "i2", "i4"]
        assert await ids(anna, sort="total", limit=limit) == ["i4", "i2", "i3", "i1"]
        assert await ids(anna, sort="vendor", limit=limit) == ["i4", "i3", "i2", "i1"]
    assert await ids(anna, vendor="zeb") == ["i1"]
    assert await ids(anna, vendor="kestrel") == []
    assert set(await ids(anna, currency="GBP")) == {"i1", "i3"}
    assert await ids(anna, kind="credit_note") == ["i4"]
    summary = (await anna.get("/v1/invoices/summary")).json()
    assert summary["totals"] == {"EUR": "8.50", "GBP": "300.00"}
    assert summary["kinds"] == {"invoice": 3, "receipt": 0, "credit_note": 1}
    assert [month["month"] for month in summary["months"]] == ["2026-12", "2026-10", "2026-09"]
    rows = list(csv.DictReader(io.StringIO((await anna.get("/v1/invoices.csv")).text)))
    assert [(row["id"], row["vendor"], row["total"]) for row in rows] == [
        ("i4", "Albatross", "1.00"),
        ("i2", "Owl Ltd.", "9.50"),
        ("i1", "Zebra", "200.00"),
        ("i3", "Finch", "100.00"),
    ]
    assert rows[2]["corrected"] == "currency issue_date total vendor"
    listed = (await anna.get("/v1/invoices", params={"vendor": "zeb"})).json()["items"][0]
    assert listed == (await anna.get("/v1/invoices/i1")).json()


async def test_nothing_is_overwritten_that_the_client_has_not_seen(api: RunningApi) -> None:
    anna = api.client("anna")
    seen = await anna.get("/v1/invoices/i1")
    etag = {"If-Match": seen.headers["etag"]}
    answers = await asyncio.gather(
        *(anna.patch("/v1/invoices/i1", json={"total": f"{n}.00"}, headers=etag) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (won,) = (answer for answer in answers if answer.status_code == 200)
    assert (await anna.get("/v1/invoices/i1")).json()["total"] == won.json()["total"]
    assert answers[0].request.headers["if-match"] != won.headers["etag"]
    unchanged = await anna.get("/v1/invoices/i1", headers={"If-None-Match": won.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    later = await anna.patch("/v1/invoices/i1", json={"total": None}, headers={"If-Match": won.headers["etag"]})
    assert later.json()["total"] == "10.00"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({}, ""),
        ({"total": "12,50"}, "/total"),
        ({"total": 12.5}, "/total"),
        ({"total": "1e5"}, "/total"),
        ({"issue_date": "2026-02-30"}, "/issue_date"),
        ({"issue_date": "01.02.2026"}, "/issue_date"),
        ({"currency": "euro"}, "/currency"),
        ({"kind": "bill"}, "/kind"),
        ({"vendor": " "}, "/vendor"),
        ({"iban": "DE"}, "/iban"),
        ({"user_id": "eve"}, "/user_id"),
        ({"confidence": 1}, "/confidence"),
    ],
)
async def test_a_correction_that_is_none_is_refused_by_name(
    somebody: Somebody, values: dict[str, Any], pointer: str
) -> None:
    mine = of(f"invoice of {somebody.user_id}", "Kestrel Cloud", "2026-10-01", "EUR", "10.00")
    await somebody.database["invoices"].insert_one({**mine, "user_id": somebody.user_id})
    answer = await somebody.client.patch(f"/v1/invoices/{mine['_id']}", json=values)
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {pointer}


async def test_what_was_written_about_an_invoice_goes_with_it(api: RunningApi) -> None:
    anna = api.client("anna")
    await correct(anna, "i1", total="1.00")
    await correct(anna, "i2", total="1.00")
    await api.database["invoices"].delete_one({"_id": "i1"})  # as the scanner does when its account is deleted
    assert (await anna.get("/v1/invoices/i1")).status_code == 404
    await Corrections(api.database).delete_orphans()
    assert [left["_id"] async for left in api.database["invoice_corrections"].find()] == ["i2"]


async def ids(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """The ids on all pages."""
    found: list[str] = []
    url: str | None = "/v1/invoices"
    while url is not None:
        answer = (await client.get(url, params=params or None)).raise_for_status()
        found += [item["id"] for item in answer.json()["items"]]
        url, params = answer.links.get("next", {}).get("url"), {}
    return found
