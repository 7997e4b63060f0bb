"""The page of one scan: live, after its end, and through a loss of the connection; its ledger; the list of scans."""

import re
from urllib.parse import urlsplit

from playwright.async_api import expect

from shared.events import ScanCompleted, utc_now
from shared.mongo import Document
from tests.support.browser import shift
from tests.support.invoices import of
from tests.support.played_scans import RESULT, UNSEEN, progressed, row, started
from tests.support.site import Person, Site
from tools.drill.tcp_proxy import TcpProxy

LEDGER = {
    "invoice": ("Your invoice KC-2026-11841", "found_factur_x", "Factur-X XML inside the PDF"),
    "duplicate": ("Fwd: Your invoice KC-2026-11841", "duplicate", "Same invoice as an earlier message"),
    "failed": ("Scan0007.pdf", "pdf_without_text", "The PDF is a picture without text"),
    "none": ("Minutes of Tuesday", "no_document", "Nothing in the message looks like an invoice"),
}


def found_by(ada: Person, ids: tuple[str, str], number: int) -> Document:
    """An invoice of the scan."""
    whose = {"user_id": ada.user_id, "task_id": ids[0], "account_id": ids[1], "found_at": utc_now()}
    invoice_id = f"{ids[0]}-{number}"
    return of(invoice_id, f"Kestrel Cloud {number} Ltd", "2026-11-12", "EUR", "1284.50", **whose)


def ledger_of(ada: Person, ids: tuple[str, str]) -> list[Document]:
    """A message of each outcome."""
    return [
        {
            "_id": f"{ids[1]}/1//{uid}",
            "user_id": ada.user_id,
            "task_id": ids[0],
            "folder": "",
            "uidvalidity": 1,
            "uid": uid,
            "subject": subject,
            "sender": "Kestrel <billing@kestrel.example>",
            "outcome": outcome,
            "reason": reason,
            "invoices": [],
            "scanned_at": utc_now(),
        }
        for uid, (outcome, (subject, reason, _)) in enumerate(LEDGER.items())
    ]


async def test_a_scan_is_watched_to_its_end(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open(f"/scans/{ids[0]}")
    await expect(page.get_by_text("Invoices appear here as they are found.")).to_be_visible()
    await page.evaluate("window.mine = true")
    await progressed(site, ada, ids, 62, 2)
    hero = page.get_by_role("region", name="Progress")
    await expect(hero).to_contain_text("62%")
    await expect(hero).to_contain_text("Scanned 19,346 of 31,204 messages")
    assert await shift(page) < UNSEEN
    await site.api.database["invoices"].insert_one(found_by(ada, ids, 1))
    await progressed(site, ada, ids, 70, 3, found=1)
    await expect(page.get_by_role("link", name="Kestrel Cloud 1 Ltd")).to_be_visible()
    await site.api.database["invoices"].insert_one(found_by(ada, ids, 2))
    await progressed(site, ada, ids, 72, 4, found=2)
    await page.get_by_role("button", name="Show 1 new").click()
    await expect(page.get_by_role("link", name="Kestrel Cloud 2 Ltd")).to_be_visible()
    await site.say(ScanCompleted(task_id=ids[0], user_id=ada.user_id, account_id=ids[1], result=RESULT), 5)
    result = page.get_by_role("region", name="Result")
    await expect(result).to_contain_text("143 invoices")
    await expect(result).to_contain_text("EUR 2,569.00")
    await expect(page.get_by_role("button", name="Scan again")).to_be_visible()
    await expect(page.get_by_role("region", name="History")).to_contain_text("Done")
    assert await page.evaluate("window.mine")


async def test_the_ledger_says_why_and_is_filtered_by_its_address(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    await site.api.database["message_ledger"].insert_many(ledger_of(ada, ids))
    page = await ada.visitor.open(f"/scans/{ids[0]}")
    ledger = page.get_by_role("region", name="Ledger")
    for subject, _, why in LEDGER.values():
        await expect(ledger.locator("tr").filter(has=page.get_by_text(subject, exact=True))).to_contain_text(why)
    await expect(ledger).to_contain_text("billing@kestrel.example")
    await ledger.get_by_role("link", name="Not read 1").click()
    await page.wait_for_url("**?outcome=failed#ledger")
    await expect(ledger.locator("tbody tr")).to_have_count(1)
    await expect(ledger).to_contain_text("The PDF is a picture without text")
    await page.goto(f"/scans/{ids[0]}?outcome=skipped")
    await expect(ledger.get_by_role("heading", name="No message with this outcome")).to_be_visible()


async def test_a_lost_connection_is_said_and_mended(site: Site, ada: Person) -> None:
    ada.visitor.allowed.append("ERR_")
    ids = await started(site, ada)
    address = urlsplit(site.api.url)
    relay = TcpProxy(lambda: (address.hostname or "", address.port or 0), lambda: None)
    with relay.serve() as port:
        await ada.visitor.context.clock.install()
        page = await ada.visitor.open(f"http://127.0.0.1:{port}/")
        await expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
        scan = row(page, ids[0])
        await progressed(site, ada, ids, 30, 2)
        await expect(scan).to_contain_text("30%")
        relay.cut()
        await expect(page.get_by_text("Live updates stopped. Reconnecting")).to_be_visible()
        await expect(scan.get_by_text("Not live")).to_be_visible()
        await expect(scan).to_contain_text("30%")
        await progressed(site, ada, ids, 80, 3)
        # The page's own next attempt must not come first and take the button away: its clock stands before that.
        await page.clock.pause_at(await page.evaluate("Date.now()") / 1000 + 60)
        await expect(page.get_by_text(re.compile(r"Reconnecting in \d+ s"))).to_be_visible()
        relay.open()
        await page.get_by_role("button", name="Retry now").click()
        await page.clock.resume()
        await expect(scan).to_contain_text("80%")
        await expect(page.get_by_text("Live updates stopped.")).to_be_hidden()
        await expect(scan.get_by_text("Not live")).to_be_hidden()
        await page.close()


async def test_running_scans_are_selected_and_cancelled_together(site: Site, ada: Person) -> None:
    tasks = [(await started(site, ada, label))[0] for label in ("Office", "Archive")]
    page = await ada.visitor.open("/scans")
    await page.get_by_label("Select the scan of Office").check()
    await expect(page.get_by_text("1 selected.")).to_be_visible()
    await page.get_by_role("button", name="Select all 2 that match").click()
    await page.get_by_role("button", name="Cancel scans").click()
    for task in tasks:
        await expect(page.locator(f"#scan-{task}")).to_contain_text("Stopping")
    await page.get_by_role("link", name="Done 0").click()
    await expect(page.get_by_role("heading", name="No scan matches")).to_be_visible()
