"""The overview: mailboxes, uploads, and scans that move without a reload."""

import asyncio

from playwright.async_api import FilePayload, Page, Request, Route, expect

from shared.events import ScanCancelled, ScanCompleted, ScanFailed
from tests.support.browser import PHONE, painted, shift
from tests.support.played_scans import RESULT, UNSEEN, progressed, row, started
from tests.support.running_api import MBOX
from tests.support.site import Person, Site
from tests.support.waiting import eventually


def a_file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def reloaded(page: Page, badge: str) -> bool:
    """Whether the page shows this badge when it is read again."""
    await page.reload()
    return await page.locator(".badge").first.inner_text() == badge


async def test_mailboxes_that_are_dropped_become_cards_and_scans(ada: Person) -> None:
    page = await ada.visitor.open()
    await expect(page.get_by_role("heading", name="Connect your first mailbox")).to_be_visible()
    await page.locator("[data-file]").set_input_files([a_file("archive.mbox", MBOX), a_file("one.mbox", MBOX)])
    for name in ("archive", "one"):
        await expect(page.get_by_role("article", name=name)).to_be_visible()
    await expect(page.locator(".scan").first).to_contain_text("Waiting")
    await expect(page.get_by_role("navigation", name="Main")).to_contain_text("2 running")


async def test_a_file_that_is_no_mailbox_is_refused_before_it_is_sent(ada: Person) -> None:
    page = await ada.visitor.open()
    await page.locator("[data-file]").set_input_files(a_file("holiday.jpg", b"\xff\xd8"))
    said = page.locator("[data-refused]")
    await expect(said).to_have_text("holiday.jpg is not a mailbox. Use mbox, .eml, or .zip of .eml files or a Maildir.")
    large = a_file("large.mbox", b"x" * (1024 * 1024 + 1))
    await page.locator("[data-file]").set_input_files(large)
    await expect(said).to_contain_text("large.mbox is 1 MB; the limit is 1 MB.")
    assert (await ada.client.get("/v1/accounts")).json()["items"] == []


async def test_a_file_that_the_server_refuses_leaves_no_mailbox(ada: Person) -> None:
    ada.visitor.allowed.append("422")
    page = await ada.visitor.open()
    await page.locator("[data-file]").set_input_files(a_file("broken.mbox", b"neither one nor the other"))
    await expect(page.locator("[data-refused]")).to_contain_text("The file is not a mailbox.")
    await expect(page.locator("[data-invite]")).to_be_visible()
    assert (await ada.client.get("/v1/accounts")).json()["items"] == []


async def test_a_bar_moves_without_a_reload_and_ends_as_done(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open()
    scan = row(page, ids[0])
    await expect(scan).to_contain_text("Scanning")
    await page.evaluate("window.mine = true")
    await progressed(site, ada, ids, 62, 2)
    await expect(scan.locator('[data-slot="percent"]')).to_have_text("62%")
    await expect(scan.locator('[data-slot="scanned"]')).to_have_text("19,346")
    await expect(scan.locator("progress")).to_have_attribute("value", "62")
    await expect(page.locator("article progress")).to_have_attribute("value", "62")
    moved = await shift(page)
    await site.say(ScanCompleted(task_id=ids[0], user_id=ada.user_id, account_id=ids[1], result=RESULT), 3)
    await expect(scan).to_contain_text("31,204 messages")
    await expect(scan).to_contain_text("143 invoices, 61 duplicates")
    await expect(scan.get_by_role("link", name="View result")).to_be_visible()
    await expect(page.locator("[data-running]")).to_be_hidden()
    await expect(page.get_by_role("article", name="Office")).to_contain_text("Healthy")
    assert await page.evaluate("window.mine")
    assert moved < UNSEEN


async def test_a_scan_is_cancelled_after_a_question(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open()
    scan = row(page, ids[0])
    cancel = scan.get_by_role("link", name="Cancel")
    await cancel.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel the scan of Office?")
    await expect(dialog.get_by_role("button", name="Keep scanning")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(cancel).to_be_focused()
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Cancel scan").click()
    await expect(scan).to_contain_text("Stopping")
    await expect(scan.get_by_role("link", name="Cancel")).to_have_count(0)
    whose = {"task_id": ids[0], "user_id": ada.user_id, "account_id": ids[1]}
    await site.say(ScanCancelled(**whose, reason="asked by the user"), 4)
    await expect(scan).to_contain_text("Cancelled")
    await expect(scan.get_by_role("button", name="Scan again")).to_be_visible()


async def test_of_two_drawings_of_a_row_the_last_stays(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open()
    asked, gates = asyncio.Queue[None](), [asyncio.Event(), asyncio.Event()]
    path = f"**/scans/{ids[0]}/row"

    async def hold(route: Route) -> None:
        gate = gates[asked.qsize()]
        answer = await route.fetch()
        asked.put_nowait(None)
        await gate.wait()
        await route.fulfill(response=answer)

    await page.route(path, hold)
    (await ada.client.post(f"/v1/scans/{ids[0]}/cancel")).raise_for_status()
    await eventually(lambda: has_come(asked, 1))
    whose = {"task_id": ids[0], "user_id": ada.user_id, "account_id": ids[1]}
    await site.say(ScanCancelled(**whose, reason="asked by the user"), 4)
    await eventually(lambda: has_come(asked, 2))
    async with page.expect_response(path) as first:
        gates[0].set()
    await (await first.value).finished()
    await painted(page)
    gates[1].set()
    await expect(row(page, ids[0])).to_contain_text("Cancelled")


async def has_come(asked: asyncio.Queue[None], number: int) -> bool:
    return asked.qsize() >= number


async def test_a_failed_scan_says_what_to_do(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open()
    whose = {"task_id": ids[0], "user_id": ada.user_id, "account_id": ids[1]}
    await site.say(ScanFailed(**whose, error_code="mailbox_unreadable", error="It is damaged."), 2)
    scan = row(page, ids[0])
    await expect(scan).to_contain_text("The uploaded file is damaged or not a mailbox. Upload it again as mbox")
    card = page.get_by_role("article", name="Office")
    await expect(card).to_contain_text("Needs you")
    await card.get_by_role("link", name="Upload again").click()
    await expect(page).to_have_title("Upload mail · Mailtally")


async def test_nobody_sees_the_scans_of_another(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    async with site.person() as eve:
        eve.visitor.allowed.append("404")
        page = await eve.visitor.open()
        await expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
        await progressed(site, ada, ids, 50, 2)
        mine = await ada.visitor.open()
        await expect(row(mine, ids[0])).to_contain_text("50%")
        await expect(page.get_by_role("heading", name="Connect your first mailbox")).to_be_visible()
        await started(site, eve, "Eve's")  # comes later by the same stream, and is all that she has
        await expect(page.locator("[data-running]")).to_have_text("1 running")
        for path in (f"/scans/{ids[0]}", f"/scans/{ids[0]}/row", f"/scans/{ids[0]}/cancel", f"/mailboxes/{ids[1]}"):
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status == 404
            await expect(page.get_by_text("This page does not exist, or you have no access to it.")).to_be_visible()


async def test_two_tabs_share_one_stream(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    streams: list[Request] = []
    ada.visitor.context.on(
        "request", lambda request: streams.append(request) if request.url.endswith("/v1/events") else None
    )
    first = await ada.visitor.open()
    await expect(first.locator("[data-live]")).to_have_attribute("data-state", "live")
    second = await ada.visitor.open()
    await expect(second.locator("[data-live]")).to_have_attribute("data-state", "live")
    await progressed(site, ada, ids, 25, 2)
    for page in (first, second):
        await expect(row(page, ids[0])).to_contain_text("25%")
    assert {request.frame.page for request in streams} == {first}
    streams.clear()
    await first.close()
    await progressed(site, ada, ids, 75, 3)
    await expect(row(second, ids[0])).to_contain_text("75%")
    assert {request.frame.page for request in streams} == {second}


async def test_live_lists_can_be_paused(site: Site, ada: Person) -> None:
    ids = await started(site, ada)
    page = await ada.visitor.open()
    await expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    await page.locator("[data-live]").click()
    await expect(page.locator("[data-live]")).to_have_text("Paused, pause or resume live updates")
    other = await ada.visitor.open()
    await progressed(site, ada, ids, 40, 2)
    await expect(row(other, ids[0])).to_contain_text("40%")
    await painted(page)  # it has the stream, and heard of this before the other did
    assert await row(page, ids[0]).locator("progress").get_attribute("value") == "0"
    await page.locator("[data-live]").click()
    await expect(row(page, ids[0])).to_contain_text("40%")


async def test_everything_is_reached_without_scripts(site: Site) -> None:
    async with site.person(java_script_enabled=False) as ada:
        account_id = await ada.mailbox("Office")
        page = await ada.visitor.open(size=PHONE)
        assert "Live updates need JavaScript." in await page.content()
        await page.get_by_role("button", name="Scan Office now").click()
        await expect(page.locator(".scan")).to_contain_text("Waiting")
        await page.get_by_role("link", name="Cancel", exact=True).click()
        await page.get_by_role("button", name="Cancel scan").click()
        await eventually(lambda: reloaded(page, "Stopping"))
        await page.goto(f"/mailboxes/{account_id}")
        await page.get_by_label("Name").fill("Post")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("article", name="Post")).to_be_visible()
