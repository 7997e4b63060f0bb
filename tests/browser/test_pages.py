"""What holds on every page: accessible in both themes and on phones, light, and still."""

import asyncio

import pytest

from services.api.identity.authenticator import SESSION_COOKIE
from shared.events import ScanFailed, ScanProgressed, ScanStarted
from tests.support.browser import PHONE, WIDE, shift, sideways, transferred, violations_in_both_themes
from tests.support.site import Person, Site

MOST_BYTES = 150_000
MOST_OF_THEM = {".css": 36_000, ".js": 60_000, ".svg": 8_000}
NARROW = (320, 700)
MORE, MANY = 10, 25
"""Mailboxes besides: with the first number not all have room on the overview, with the second its list is long."""


async def with_scans(site: Site, person: Person, mailboxes: int) -> dict[str, str]:
    """A person with a scan in several states; the addresses of all pages."""
    running, failed, waiting = [await person.mailbox(label) for label in ("Office", "Archive 2019-2024", "Shop orders")]
    tasks = {account: await person.scan(account) for account in (running, failed, waiting)}
    for account in (running, failed):
        whose = {"task_id": tasks[account], "user_id": person.user_id, "account_id": account}
        await site.say(ScanStarted(**whose, messages_total=31_204), 1)
        said = {"current_status": "Scanned 19346 of 31204 messages", "messages_total": 31_204}
        await site.say(
            ScanProgressed(**whose, progress=62, messages_scanned=19_346, invoices_found=0, **said),
            2,
        )
    await site.say(ScanFailed(**whose, error_code="login_refused", error="refused"), 3)
    await site.until(tasks[failed], "FAILURE")
    await site.until(tasks[running], "PROGRESS")
    new = {"host": "imap.lindqvist.example", "username": "ada@lindqvist.example", "password": "secret", "kind": "imap"}
    posts = [{"label": f"Post {number}", "source": new} for number in range(mailboxes)]
    made = await asyncio.gather(*(person.client.post("/v1/accounts", json=post) for post in posts))
    mail = made[0].raise_for_status().json()["account_id"]
    return {
        "overview": "/",
        "scans": "/scans",
        "scans of a status": "/scans?status=CANCELLED",
        "running scan": f"/scans/{tasks[running]}",
        "failed scan": f"/scans/{tasks[failed]}",
        "cancel": f"/scans/{tasks[running]}/cancel",
        "mailboxes": "/mailboxes",
        "connect": "/mailboxes/new",
        "mailbox": f"/mailboxes/{mail}",
        "upload": "/mailboxes/upload",
        "remove": f"/mailboxes/{mail}/remove",
    }


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_axe_finds_nothing_on_any_page(site: Site, ada: Person, size: tuple[int, int]) -> None:
    page = await ada.visitor.open("/", size=size)
    found = {"first run": await violations_in_both_themes(page)}
    pages = await with_scans(site, ada, MORE)
    for name, path in pages.items():
        await page.goto(path)
        found[name] = await violations_in_both_themes(page)
    await page.goto("/")
    await page.get_by_role("link", name="Cancel", exact=True).first.click()
    found["dialog"] = await violations_in_both_themes(page)
    await page.keyboard.press("Escape")
    await page.get_by_label("More for Office").click()
    found["menu"] = await violations_in_both_themes(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


async def test_no_page_is_heavy_or_wider_than_a_small_phone_or_moves(site: Site, ada: Person) -> None:
    pages = await with_scans(site, ada, MANY)
    page = await ada.visitor.open("/", size=NARROW)
    for name, path in pages.items():
        await page.goto(path, wait_until="networkidle" if path == "/mailboxes/new" else "load")
        assert await shift(page) == 0, name
        assert await sideways(page) <= 0, name
        loaded = await transferred(page)
        assert all(any(path.endswith(ending) for path in loaded) for ending in MOST_OF_THEM), (name, loaded)
        assert sum(loaded.values()) <= MOST_BYTES, (name, loaded)
        for ending, most in MOST_OF_THEM.items():
            assert sum(size for path, size in loaded.items() if path.endswith(ending)) <= most, (name, ending)


async def test_assets_are_kept_for_good_and_pages_never(ada: Person) -> None:
    page = await ada.client.get("/sign-in")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["content-encoding"] == "gzip"
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    asset = await ada.client.get(style)
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert (await ada.client.get(style.replace("/assets/", "/assets/0"))).status_code == 404
    assert (await ada.client.get("/assets/../../main.py")).status_code == 404


async def test_programs_get_problems_and_browsers_pages(ada: Person) -> None:
    told = await ada.client.get("/no/such/page")
    assert told.headers["content-type"] == "application/problem+json"
    shown = await ada.client.get("/no/such/page", headers={"Accept": "text/html"})
    assert (shown.status_code, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    api = await ada.client.get("/v1/invoices/x", headers={"Accept": "text/html"})
    assert api.headers["content-type"] == "application/problem+json"


async def test_a_form_from_another_site_does_nothing(ada: Person) -> None:
    account_id = await ada.mailbox()
    page = await ada.visitor.open()
    cookies = {cookie["name"]: cookie["value"] for cookie in await ada.visitor.context.cookies()}
    cookie = {
        "Cookie": f"{SESSION_COOKIE}={cookies[SESSION_COOKIE]}",
        "Origin": "https://evil.example",
        "Accept": "text/html",
    }
    del ada.client.headers["authorization"]
    for path in (f"/mailboxes/{account_id}/remove", f"/mailboxes/{account_id}/scan", "/scans", "/sign-out"):
        answer = await ada.client.post(path, data={"x": "y"}, headers=cookie)
        assert answer.status_code == 403, path
        assert "came from another site" in answer.text
    await page.reload()
    assert await page.get_by_role("article").count() == 1
