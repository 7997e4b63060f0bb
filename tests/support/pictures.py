"""`python -m tests.support.pictures`: draws docs/images anew, with the sample mailboxes in a stack of its own."""

import asyncio
import io
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, expect

from cli.client.api import ApiClient
from cli.client.stack_connection import StackConnection
from tests.support.api_client import Person
from tests.support.browser import PHONE, running_browser
from tests.support.mailboxes import Samples
from tools.stack.control import start_detached
from tools.stack.layout import DEFAULT, Layout
from tools.stack.options import Options
from tools.stack.shutdown import shut_down

_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_LAYOUT = Layout(DEFAULT.local / "pictures")
_NAME = "ada"
_WIDE = (1280, 860)
_COLOURS = 256
_COPIES = 12
_PROGRESS = 20
_DRAWN = re.compile(r"(L[^L]*){8}")


@dataclass(frozen=True)
class Picture:
    """One picture: its file, its page, and how it is looked at. `path` takes ids of scans and an invoice by name."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = _WIDE


RUNNING = (
    Picture("overview", "/"),
    Picture("overview-phone", "/", "dark", PHONE),
    Picture("scan", "/scans/{archive}", "dark"),
)
"""While a scan runs."""
ENDED = (
    Picture("result", "/scans/{office}"),
    Picture("invoices", "/invoices"),
    Picture("invoice", "/invoices/{invoice}"),
    Picture("operations", "/operations", "dark"),
    Picture("sign-in", "/sign-in?expired=1"),
)
"""When all have ended."""


def main() -> None:
    """Start, scan, draw, stop."""
    shut_down(_LAYOUT, purge=True)
    samples = Samples.made(DEFAULT.local / "samples")
    url = start_detached(_LAYOUT, Options(scanners=1, port=0), lambda line: print(line, file=sys.stderr))  # noqa: T201
    try:
        door = StackConnection.of(url, _LAYOUT)
        link = door.sign_in_link(_NAME, admin=True)
        with door.user(_NAME) as api:
            asyncio.run(_draw(Person(_NAME, api), api, samples, link))
    finally:
        shut_down(_LAYOUT, purge=True)
        shutil.rmtree(_LAYOUT.local, ignore_errors=True)


async def _draw(ada: Person, api: ApiClient, samples: Samples, link: str) -> None:
    ids = {}
    for label, file, content in (
        ("Office", "office.mbox", samples.whole("ada")),
        ("Accounting", "books.mbox", samples.whole("bruno")),
        ("Archive 2019-2024", "archive.mbox", _large(samples)),
    ):
        account_id = api.create_account(label)["account_id"]
        api.upload(account_id, file, iter([content]), len(content))
        ids[label.split()[0].lower()] = ada.start(account_id)
    async with running_browser() as browser:
        await _sign_in(browser, link)
        await asyncio.to_thread(ada.until_ended, ids["accounting"])
        await asyncio.to_thread(ada.until, ids["archive"], lambda task: task["progress"] >= _PROGRESS)
        for picture in RUNNING:
            await _take(browser, picture, ids)
        await asyncio.to_thread(ada.until_ended, ids["archive"])
        ids["invoice"] = _one_on_paper(ada)
        for picture in ENDED:
            await _take(browser, picture, ids)


def _one_on_paper(ada: Person) -> str:
    """The invoice with the most fields that were read from a page."""
    found = ada.invoices(sort="-total")
    invoice_id: str = max(found, key=lambda one: sum("box" in place["locator"] for place in one["evidence"].values()))[
        "id"
    ]
    return invoice_id


async def _sign_in(browser: Browser, link: str) -> None:
    context = await browser.new_context(timezone_id="Europe/Berlin", locale="en-GB")
    page = await context.new_page()
    await page.goto(link)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/")


async def _take(browser: Browser, picture: Picture, ids: dict[str, str]) -> None:
    (context,) = browser.contexts
    before = context.pages[0]
    page = await context.new_page()
    await page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
    await page.emulate_media(color_scheme=picture.scheme, reduced_motion="reduce")
    address = re.match(r"https?://[^/]+", before.url)
    assert address is not None
    await page.goto(address[0] + picture.path.format(**ids))
    await _settled(page)
    _save(_IMAGES / f"{picture.name}.png", await page.screenshot())
    await page.close()


async def _settled(page: Page) -> None:
    """Live, if it is a page that is, and with something to show for it."""
    if await page.locator("[data-live]").count():
        await page.locator('[data-live][data-state="live"]').wait_for()
    if await page.locator("[data-paper]").count():
        await page.locator("[data-page] img").evaluate("(picture) => picture.decode()")
        await page.locator("#field-total").hover()
    if await page.locator("[data-spark]").count():
        line = page.locator("[data-spark] .line")
        await expect(line).to_have_attribute("d", _DRAWN)


def _save(path: Path, png: bytes) -> None:
    """With few colours: pages have few, and the repository keeps every version."""
    path.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(png)).convert("RGB").quantize(
        _COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    ).save(path, optimize=True)


def _large(samples: Samples) -> bytes:
    """The samples many times, each time with other message ids."""
    all_of_them = b"".join(samples.whole(name) for name in ("ada", "bruno", "chiara"))
    return b"".join(re.sub(rb"(?im)^(message-id: <)", rb"\g<1>%d." % copy, all_of_them) for copy in range(_COPIES))


if __name__ == "__main__":
    main()
