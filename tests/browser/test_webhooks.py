"""Webhooks: added, looked after, and what came of each delivery."""

import re

from playwright.async_api import expect

from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.fan_out import FanOut
from shared.events import ScanFailed, decode, new_event, utc_now
from tests.support.browser import PHONE, WIDE, sideways, violations
from tests.support.site import Person, Site


async def test_a_webhook_is_added_shows_its_secret_once_and_is_looked_after(ada: Person) -> None:
    ada.visitor.allowed.append("422")
    page = await ada.visitor.open("/webhooks")
    await page.get_by_role("link", name="Add a webhook").first.click()
    await page.get_by_label("Address").fill("http://books.example.com/")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("The address must begin with https://.")
    assert await violations(page) == []
    await page.get_by_label("Address").fill("https://books.example.com/hook")
    await page.get_by_label("Name").fill("Books")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(re.compile("^whsec_"))).to_be_visible()
    (webhook,) = (await ada.client.get("/v1/webhooks")).json()["items"]
    await page.goto(f"/webhooks/{webhook['webhook_id']}")
    await expect(page.get_by_text(re.compile("^whsec_"))).to_have_count(0)
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    await page.get_by_role("button", name="Remove this webhook").click()
    await expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()


async def test_the_log_says_what_waits_and_nobody_else_reads_it(site: Site, ada: Person) -> None:
    wanted = {"url": "https://books.example.com/hook", "events": ["scan.failed.v1"]}
    webhook_id = (await ada.client.post("/v1/webhooks", json=wanted)).raise_for_status().json()["webhook_id"]
    data = ScanFailed(task_id="t1", user_id=ada.user_id, account_id="a1", error_code="stalled", error="It stood still.")
    body = new_event(data, service="scanner", sequence=7, time=utc_now()).to_bytes()
    fan_out = FanOut(site.api.database, DeliveryRepository(site.api.database), on_created=lambda: None)
    await fan_out.create_deliveries(decode(body), body)
    page = await ada.visitor.open(f"/webhooks/{webhook_id}")
    await expect(page.locator("tbody tr")).to_contain_text("scan.failed.v1")
    await expect(page.locator("tbody tr")).to_contain_text("Waiting")
    for size in (PHONE, WIDE):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        assert await violations(page) == []
        assert await sideways(page) <= 0
    async with site.person() as other:
        other.visitor.allowed.append("404")
        page = await other.visitor.open(f"/webhooks/{webhook_id}")
        await expect(page.get_by_text("This page does not exist, or you have no access to it.")).to_be_visible()
