"""Chromium, as Debian packages it, driven by Playwright; and what a page must never do, watched over on every page."""

import asyncio
import shutil
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright, expect

from tests.support import logs
from tests.support.installed import report
from tests.support.waiting import SECONDS
from tools.stack.packages import find_or_install

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
const count = (entries) => {
  for (const entry of entries) if (!entry.hadRecentInput) watched.shift += entry.value;
  return watched.shift;
};
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({type: "layout-shift", buffered: true});
watched.moved = () => count(observer.takeRecords());
"""
_SETTLE = """async () => {
  await document.fonts.ready;
  const pictures = [...document.images].filter((picture) => picture.loading !== "lazy");
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
  const ending = document.getAnimations().filter(({effect}) => effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map(({finished}) => finished));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_MILLISECONDS = SECONDS * 1000
_EVIDENCE_SECONDS = 10.0
_MOST_TEXT = 1_500
PHONE, WIDE = (390, 844), (1440, 1000)


def chromium() -> Path:
    """The browser, and the font that pages are drawn for, installed when missing. Raises `StackError`."""

    def find() -> Path | None:
        found = shutil.which("chromium")
        return Path(found) if found and _INTER.exists() else None

    return find_or_install(find, ["chromium", "fonts-inter"], report)


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Started once for many tests; each takes a context of its own. `expect` waits as long as all that waits."""
    expect.set_options(timeout=_MILLISECONDS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS, timeout=_MILLISECONDS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visitor:
    """One person's browser: a context, and what went wrong on any of its pages."""

    context: BrowserContext
    url: str
    loop: asyncio.AbstractEventLoop
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    """Parts of messages on the console that a test brings about on purpose."""
    said: list[str] = field(default_factory=list)
    """All that was said on the console and every request that failed, for the report of a failure."""

    async def open(self, path: str = "/", *, size: tuple[int, int] = WIDE) -> Page:
        """A new tab that shows the page."""
        page = await self.context.new_page()
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("crash", lambda _: self.faults.append(f"{page.url}: the page crashed"))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._note(page, said.type, said.text))
        page.on("requestfailed", lambda request: self.said.append(f"{request.url}: {request.failure}"))
        await page.goto(path)
        return page

    def _note(self, page: Page, kind: str, text: str) -> None:
        self.said.append(f"{kind} at {page.url}: {text}")
        if kind == "error" and not any(part in text for part in self.allowed):
            self.faults.append(f"{page.url}: {text}")

    async def check(self) -> None:
        """Nothing broke, and no page asked for what its policy forbids."""
        for page in self.context.pages:
            if page.url.startswith(self.url):
                self.faults += await page.evaluate("window.watched?.csp ?? []")
        assert self.faults == []

    async def report(self) -> None:
        """Have the report of the present test say what the pages show, and what was said on their consoles."""
        for number, page in enumerate(self.context.pages, 1):
            logs.note(f"page {number} of {self.url}", f"{page.url}\n{await _text_of(page)}")
        logs.note(f"console of {self.url}", "\n".join([*self.said, *self.faults]))


_present: list[Visitor] = []


@asynccontextmanager
async def a_visitor(browser: Browser, url: str, **options: Any) -> AsyncIterator[Visitor]:
    """A browser without any history. At the end nothing may have gone wrong on its pages."""
    context = await browser.new_context(base_url=url, timezone_id="Europe/Berlin", locale="en-GB", **options)
    context.set_default_timeout(_MILLISECONDS)
    await context.add_init_script(_WATCH)
    visitor = Visitor(context, url, asyncio.get_running_loop())
    _present.append(visitor)
    try:
        yield visitor
        await visitor.check()
    except BaseException:
        await visitor.report()
        raise
    finally:
        _present.remove(visitor)
        await context.close()


def report_pages() -> None:
    """For a test that failed while its visitors are still there; called when no event loop runs."""
    for visitor in _present:
        visitor.loop.run_until_complete(visitor.report())


async def _text_of(page: Page) -> str:
    """What the page shows, as far as it answers."""
    try:
        async with asyncio.timeout(_EVIDENCE_SECONDS):
            text = await page.evaluate("document.body.innerText")
    except (Error, TimeoutError) as problem:
        return f"The page does not say what it shows: {problem!r}"
    return textwrap.fill(" | ".join(text.split("\n"))[:_MOST_TEXT], 120)


async def settled(page: Page) -> None:
    """Wait until fonts and pictures are there, all that fades or slides has ended, and it is painted."""
    await page.evaluate(_SETTLE)


async def painted(page: Page) -> None:
    """Wait until the page shows all that it has heard of: it paints within 250 ms, and its timers go off in order."""
    await page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 300))")
    await settled(page)


async def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page as it is now, by all rules or by these: each rule, with the elements."""
    await settled(page)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = await page.evaluate("(options) => axe.run(options)", {"resultTypes": ["violations"], **only})
    return [
        f"{violation['id']}: {violation['help']} {[node['html'][:200] for node in violation['nodes']]}"
        for violation in found["violations"]
    ]


async def violations_in_both_themes(page: Page) -> list[str]:
    """The same in both themes, in which nothing but colours differs."""
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = await violations(page)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + await violations(page, "color-contrast")


async def shift(page: Page) -> float:
    """How far things have moved that nobody had touched (Cumulative Layout Shift)."""
    await settled(page)
    moved: float = await page.evaluate("watched.moved()")
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
