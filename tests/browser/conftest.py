"""One browser and one running product for all tests of the pages; every test brings users of its own."""

from collections.abc import AsyncIterator, Generator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser
from pymongo import MongoClient

from tests.support.browser import report_pages, running_browser
from tests.support.servers import ServerUrls, fresh_database, fresh_vhost
from tests.support.site import Person, Site, running_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser belongs to the event loop that it was started in."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a failure says what the pages show."""
    if call.excinfo is not None and call.when == "call":
        report_pages()
    return (yield)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; fails where it is missing and cannot be installed."""
    async with running_browser() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(
    servers: ServerUrls, _management: httpx.Client, _mongo: MongoClient[dict[str, Any]], browser: Browser
) -> AsyncIterator[Site]:
    """The product, without a scanner: tests say themselves what one would."""
    with ExitStack() as own:
        vhost = own.enter_context(fresh_vhost(servers, _management))
        database = own.enter_context(fresh_database(servers, _mongo))
        async with running_site(vhost, database, browser) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def ada(site: Site) -> AsyncIterator[Person]:
    """A user, signed in."""
    async with site.person() as person:
        yield person
