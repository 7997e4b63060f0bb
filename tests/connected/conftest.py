"""What tests of the api have in common: it runs, and its queues can be looked into."""

from collections.abc import AsyncIterator

import aio_pika
import pytest

from tests.support.running_api import RunningApi, running_api
from tests.support.servers import TestDatabase, Vhost


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase) -> AsyncIterator[RunningApi]:
    """The api of this test alone."""
    async with running_api(vhost, database) as running:
        yield running


@pytest.fixture
async def channel(vhost: Vhost) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """An administrator's."""
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        yield await connection.channel()
