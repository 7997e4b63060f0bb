"""Chromium, as Debian packages it, driven by Playwright; and what a page must never do, watched over on every page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from cli.stack.packages import found_or_installed
from tests.support.installed import report

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_INTER = Path("/usr/share/fonts/opentype/inter")
_WATCH = """
window.watched = {csp: [], shift: 0};
addEventListener("securitypolicyviolation", (event) => {
  watched.csp.push(`${event.violatedDirective} ${event.blockedURI}`);
});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) watched.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
PHONE, WIDE = (390, 844), (1440, 1000)


def chromium() -> Path:
    """The browser, and the font that pages are drawn for, installed when missing. Raises `StackError`."""

    def find() -> Path | None:
        found = shutil.which("chromium")
        return Path(found) if found and _INTER.exists() else None

    return found_or_installed(find, ["chromium", "fonts-inter"], report)


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Started once for many tests; each takes a context of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """One person's browser: a context, and what went wrong on any of its pages."""

    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    """Parts of messages on the console that a test brings about on purpose."""

    async def open(self, path: str = "/", *, size: tuple[int, int] = WIDE) -> Page:
        """A new tab that shows the page."""
        page = await self.context.new_page()
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._note(page, said.type, said.text))
        await page.goto(path)
        return page

    def _note(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not any(part in text for part in self.allowed):
            self.faults.append(f"{page.url}: {text}")

    async def check(self) -> None:
        """Nothing broke, and no page asked for what its policy forbids."""
        for page in self.context.pages:
            if page.url.startswith(self.url):
                self.faults += await page.evaluate("window.watched?.csp ?? []")
        assert self.faults == []


@asynccontextmanager
async def a_visitor(browser: Browser, url: str, **options: Any) -> AsyncIterator[Visitor]:
    """A browser without any history. At the end nothing may have gone wrong on its pages."""
    context = await browser.new_context(base_url=url, timezone_id="Europe/Berlin", locale="en-GB", **options)
    context.set_default_timeout(15_000)
    await context.add_init_script(_WATCH)
    visitor = Visitor(context, url)
    try:
        yield visitor
        await visitor.check()
    finally:
        await context.close()


async def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page as it is now, by all rules or by these: each rule, with the elements."""
    # Colours that are still fading are none of the page's.
    await page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = await Axe().run(page, options={"resultTypes": ["violations"], **only})
    return [
        f"{violation['id']}: {violation['help']} {[node['html'][:200] for node in violation['nodes']]}"
        for violation in found.response["violations"]
    ]


async def shift(page: Page) -> float:
    """How far things have moved that nobody had touched (Cumulative Layout Shift)."""
    moved: float = await page.evaluate("watched.shift")
    return moved


async def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    beyond: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return beyond


async def transferred(page: Page) -> dict[str, int]:
    """The bytes of the page and of everything that it loaded, unpacked, by address."""
    loaded: dict[str, int] = await page.evaluate(
        """Object.fromEntries(["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
             .filter((entry) => !entry.name.includes("/v1/"))
             .map((entry) => [new URL(entry.name).pathname, entry.decodedBodySize]))"""
    )
    return loaded
