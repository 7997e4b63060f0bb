"""The invoices: found, filtered, exported; one of them beside its document, and corrected."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from bson import Decimal128
from playwright.async_api import Page, Route, expect
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # ships no type hints

from shared.messaging.dead_letters import REASON_HEADER
from shared.messaging.topology import DEAD_EXCHANGE, SLICES
from tests.support.browser import (
    PHONE,
    WIDE,
    settled,
    shift,
    sideways,
    transferred,
    violations,
    violations_in_both_themes,
)
from tests.support.invoices import an_invoice, store_original
from tests.support.site import Person, Site
from tests.support.waiting import SECONDS, eventually

_MOST_BYTES = 150_000
_NARROW = (320, 700)


async def add(site: Site, person: Person, number: str, **fields: Any) -> str:
    """An invoice of the person, as a scan stores it; its id."""
    known = {
        "currency": "EUR",
        "total": Decimal128("119.00"),
        "vendor": "Kestrel Cloud Ltd",
        "issue_date": "2026-11-12",
    }
    invoice = an_invoice(f"{person.name}-{number}", user_id=person.user_id, **known, invoice_number=number) | fields
    await site.api.database["invoices"].insert_one(invoice)
    return str(invoice["_id"])


async def add_three(site: Site, person: Person) -> list[str]:
    return [
        await add(site, person, "KC-1"),
        await add(site, person, "KC-1a", near_duplicate_of=f"{person.name}-KC-1", needs_check=True),
        await add(
            site, person, "B-7", vendor="Blue Heron", currency="USD", kind="credit_note", issue_date="2025-01-02"
        ),
    ]


ON_THE_PAGE = {
    "source": "pdf", "locator": "page 1 box 74.0,60.0,180.0,74.0", "text": "EUR 119.00", "confidence": 0.99
}  # fmt: skip
IN_THE_XML = {"source": "xml", "locator": "/*/a:TaxInclusiveAmount", "text": "119.00", "confidence": 0.99}


async def add_drawn(site: Site, person: Person, evidence: dict[str, Any] = ON_THE_PAGE) -> str:
    """An invoice whose total stands on a page that can be looked at, wherever it was read."""
    kept = io.BytesIO()
    canvas = Canvas(kept, pagesize=(595, 842))
    canvas.drawString(74, 842 - 72, "Total EUR 119.00")
    canvas.save()
    carrier = await store_original(
        site.api.database, "drawn.pdf", kept.getvalue(), "application/pdf", user_id=person.user_id
    )
    return await add(site, person, "D-1", carriers=[carrier], evidence={"total": evidence})


NOTE_READING = """() => {
const answers = {}, plain = Response.prototype.text;
window.wasRead = (url) => (answers[new URL(url, location)] ??= Promise.withResolvers()).promise;
Response.prototype.text = async function () {
  const text = await plain.call(this);
  setTimeout(() => { wasRead(this.url); answers[this.url].resolve(); });
  return text;
};
}"""
"""Lets a test wait until the page has put in an answer: once it has read it, it waits for nothing more."""


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


async def rows(page: Page) -> list[str]:
    return await page.locator("tbody tr a.name").all_text_contents()


async def test_the_list_is_searched_filtered_and_sorted_in_place(site: Site, ada: Person) -> None:
    await add_three(site, ada)
    page = await ada.visitor.open("/invoices")
    assert await rows(page) == ["Kestrel Cloud Ltd", "Kestrel Cloud Ltd", "Blue Heron"]
    await expect(page.get_by_text("Near-duplicate", exact=True)).to_have_count(1)
    await page.get_by_label("Vendor, number or text").fill("heron")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("/invoices?q=heron")
    await page.get_by_label("Vendor, number or text").fill("nothing of the kind")
    await expect(page.get_by_role("heading", name="No invoice matches")).to_be_visible()
    await page.get_by_role("link", name="Clear filters").first.click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    await page.get_by_role("link", name="Near-duplicates 1").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Total", exact=True).click()
    await expect(page.locator("th[aria-sort]")).to_have_text("Total")
    await page.go_back()
    await page.go_back()
    await expect(page.locator("tbody tr")).to_have_count(3)


async def test_an_answer_that_is_overtaken_changes_nothing(site: Site, ada: Person) -> None:
    await add_three(site, ada)
    page = await ada.visitor.open("/invoices")
    field, let_go = page.get_by_label("Vendor, number or text"), asyncio.Event()

    async def hold(route: Route) -> None:
        await let_go.wait()
        await route.continue_()

    await page.evaluate(NOTE_READING)
    await page.route("**/invoices?q=heron", hold)
    await field.fill("heron")
    await page.wait_for_url("**/invoices?q=heron")
    await field.fill("")
    await page.evaluate("wasRead('/invoices')")
    let_go.set()
    await page.evaluate("wasRead('/invoices?q=heron')")
    assert len(await rows(page)) == 3


async def test_what_is_exported_is_what_is_shown(site: Site, ada: Person) -> None:
    await add_three(site, ada)
    page = await ada.visitor.open("/invoices?currency=USD")
    await page.get_by_text("Export").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="CSV").click()
    written = read_csv(await (await download.value).path())
    assert [row["invoice_number"] for row in written] == ["B-7"]


@pytest.mark.parametrize("evidence", [ON_THE_PAGE, IN_THE_XML], ids=["read there", "read from the XML"])
async def test_a_field_lights_up_where_it_stands(site: Site, ada: Person, evidence: dict[str, Any]) -> None:
    invoice_id = await add_drawn(site, ada, evidence)
    page = await ada.visitor.open(f"/invoices/{invoice_id}")
    mark = page.get_by_role("link", name="Total, EUR 119.00, go to field")
    await expect(mark).to_be_visible()
    await page.locator("#field-total").hover()
    await expect(mark).to_have_class("mark active")
    await page.locator("#field-vendor").hover()
    await expect(mark).to_have_class("mark")
    await mark.focus()
    await expect(page.locator("#field-total")).to_have_class("field-row active")
    drawn = await page.locator("[data-page] img").evaluate("(img) => img.decode().then(() => img.naturalWidth)")
    assert drawn == 1240
    assert await shift(page) < 0.01


async def test_a_correction_stands_beside_what_was_found_and_is_undone(site: Site, ada: Person) -> None:
    invoice_id = await add(site, ada, "C-1", total=Decimal128("119.00"))
    page = await ada.visitor.open(f"/invoices/{invoice_id}")
    row = page.locator("#field-total")
    await row.hover()
    await page.get_by_role("link", name="Correct total").click()
    await expect(page.get_by_label("Total", exact=True)).to_be_focused()
    ada.visitor.allowed.append("422")
    await page.get_by_label("Total", exact=True).fill("a lot")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Enter an amount, such as 1284.50.")
    await page.get_by_label("Total", exact=True).fill("1.120,50")
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("EUR 1,120.50")
    await expect(row).to_contain_text("Yours")
    await expect(row).to_contain_text("Found: EUR 119.00")
    assert (await ada.client.get(f"/v1/invoices/{invoice_id}")).json()["total"] == "1120.50"
    await page.get_by_role("button", name="Undo").click()
    await expect(row).not_to_contain_text("Yours")
    await expect(row).to_contain_text("EUR 119.00")


async def test_whoever_corrects_at_the_same_time_chooses(site: Site, ada: Person) -> None:
    ada.visitor.allowed.append("409")
    invoice_id = await add(site, ada, "C-2")
    page = await ada.visitor.open(f"/invoices/{invoice_id}?correct=vendor")
    (await ada.client.patch(f"/v1/invoices/{invoice_id}", json={"vendor": "Theirs Ltd"})).raise_for_status()
    await page.get_by_label("Vendor", exact=True).fill("Mine Ltd")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("it now says Theirs Ltd. You typed Mine Ltd.")
    assert await violations(page) == []
    await page.get_by_role("button", name="Use mine").click()
    await expect(page.get_by_role("heading", name="Mine Ltd")).to_be_visible()


async def test_nobody_else_sees_it(site: Site, ada: Person) -> None:
    invoice_id = await add_drawn(site, ada)
    async with site.person() as other:
        other.visitor.allowed.append("404")
        for path in (f"/invoices/{invoice_id}", f"/invoices/{invoice_id}/paper"):
            page = await other.visitor.open(path)
            await expect(page.get_by_text("This page does not exist, or you have no access to it.")).to_be_visible()
        page = await other.visitor.open("/invoices")
        await expect(page.get_by_role("heading", name="No invoices yet")).to_be_visible()


async def test_without_scripts_it_is_searched_and_corrected_as_well(site: Site) -> None:
    async with site.person(java_script_enabled=False) as ada:
        (first, *_) = await add_three(site, ada)
        page = await ada.visitor.open("/invoices")
        await page.get_by_label("Vendor, number or text").fill("heron")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/invoices?q=heron")
        assert await rows(page) == ["Blue Heron"]
        await page.goto(f"/invoices/{first}?correct=vendor")
        await page.get_by_label("Vendor", exact=True).fill("Kestrel Ltd")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Kestrel Ltd")).to_be_visible()


async def test_the_pages_are_accessible_small_and_never_too_wide(site: Site, ada: Person) -> None:
    await add_three(site, ada)
    invoice_id = await add_drawn(site, ada)
    for path, ready in (
        ("/invoices", "#results"),
        (f"/invoices/{invoice_id}", "[data-page]"),
        (f"/invoices/{invoice_id}?correct=total", "#value"),
    ):
        for size in (PHONE, WIDE, _NARROW):
            page = await ada.visitor.open(path, size=size)
            await page.locator(ready).first.wait_for(state="attached")
            await settled(page)
            assert await sideways(page) <= 0
            assert 0 < sum((await transferred(page)).values()) < _MOST_BYTES
            if size != _NARROW:
                assert await violations_in_both_themes(page) == []
            await page.close()


async def test_one_leads_to_its_neighbours_and_to_the_one_that_it_resembles(site: Site, ada: Person) -> None:
    await add_three(site, ada)
    page = await ada.visitor.open(f"/invoices/{ada.name}-KC-1a")
    await expect(page.get_by_text("Possible duplicate of").get_by_role("link")).to_have_text("Kestrel Cloud Ltd KC-1")
    await page.get_by_label("Older invoice").click()
    await page.wait_for_url(f"**/{ada.name}-KC-1")
    await page.get_by_label("Older invoice").click()
    await page.wait_for_url(f"**/{ada.name}-B-7")
    await expect(page.get_by_label("Older invoice")).to_have_count(0)
    await page.get_by_label("Newer invoice").click()
    await page.wait_for_url(f"**/{ada.name}-KC-1")


async def test_dead_letters_are_put_back_and_dropped_and_old_scans_counted_on_the_page(site: Site) -> None:
    async with (
        await aio_pika.connect(site.vhost.url("administrator")) as connection,
        site.person(admin=True) as operator,
    ):
        channel = await connection.channel()
        exchange = await channel.get_exchange(DEAD_EXCHANGE, ensure=False)
        for body, reason in ((b"one", "first reason"), (b"two", "second reason")):
            letter = aio_pika.Message(body, headers={REASON_HEADER: reason})
            await exchange.publish(letter, routing_key=SLICES)
        page = await operator.visitor.open("/operations")
        rows = page.locator("#letters tbody tr")
        await expect(rows).to_have_count(2)
        await rows.filter(has_text="first reason").get_by_role("button", name="Redrive").click()
        await expect(rows).to_have_count(1)
        await rows.get_by_role("button", name="Drop").click()
        await page.get_by_role("button", name="Drop message").click()
        await expect(page.get_by_role("heading", name="No dead letters")).to_be_visible()
        slices = await channel.get_queue(SLICES, ensure=False)
        back = await eventually(lambda: slices.get(fail=False, timeout=SECONDS))
        assert back is not None
        assert back.body == b"one"
        await back.ack()
        await page.get_by_role("link", name="Clean up old scans").click()
        await expect(page.get_by_text("No scan ended more than 90 days ago.")).to_be_visible()


async def test_administrators_see_all_scans_and_dead_letters(site: Site, ada: Person) -> None:
    await ada.scan(await ada.mailbox("Office"))
    async with site.person(admin=True) as operator:
        page = await operator.visitor.open(f"/operations?q={ada.name}")
        await expect(page.locator("tbody").get_by_text("Office")).to_be_visible()
        await expect(page.get_by_role("heading", name="No dead letters")).to_be_visible()
        await expect(page.locator("#queues").get_by_text("status.scan.events")).to_be_visible()
        for size in (PHONE, WIDE):
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            assert await violations(page) == []
            assert await sideways(page) <= 0
    ada.visitor.allowed.append("403")
    page = await ada.visitor.open("/operations")
    await expect(page.get_by_text("Only administrators can open this page.")).to_be_visible()
