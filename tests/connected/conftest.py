"""What tests of the api have in common: it runs, its queues can be looked into, and webhooks lead somewhere."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from pymongo import MongoClient

from tests.support.keys import WEBHOOK_KEY
from tests.support.running_api import RunningApi, Somebody, running_api, somebody_of
from tests.support.servers import ServerUrls, TestDatabase, Vhost, fresh_database, fresh_vhost
from tests.support.webhook_receiver import Receiver, a_receiver


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The shared api belongs to the event loop that it was started in."""
    for item in items:
        if "shared_api" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    """The api of this test alone."""
    async with running_api(vhost, database) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_api(
    servers: ServerUrls, _management: httpx.Client, _mongo: MongoClient[dict[str, Any]]
) -> AsyncIterator[RunningApi]:
    """One for many tests, which meet in it as users do that know nothing of each other."""
    with ExitStack() as own:
        vhost = own.enter_context(fresh_vhost(servers, _management))
        database = own.enter_context(fresh_database(servers, _mongo))
        async with running_api(vhost, database, webhook_key=SecretStr(WEBHOOK_KEY)) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def somebody(shared_api: RunningApi) -> Somebody:
    """A user of the shared api whom no other test knows."""
    return somebody_of(shared_api)


@pytest.fixture
async def channel(vhost: Vhost) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """An administrator's."""
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        yield await connection.channel()


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    """Where webhooks may lead: a server with TLS that notes what it is sent."""
    async with a_receiver(tmp_path) as listening:
        yield listening
