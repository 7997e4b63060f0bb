"""What tests of the api have in common: it runs, its queues can be looked into, and webhooks lead somewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest

from tests.support.running_api import RunningApi, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.webhook_receiver import Receiver, a_receiver


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


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    """Where webhooks may lead: a server with TLS that notes what it is sent."""
    async with a_receiver(tmp_path) as listening:
        yield listening
