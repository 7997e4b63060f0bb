"""Comparing the stored tasks with the stream of events, as the status service's own users."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

from services.status.rebuild.rebuild import Rebuild, RebuildReport
from services.status.rebuild.store import RebuildStore
from shared import mongo
from shared.messaging.event_log import EventLog

_STAND_STILL_SECONDS = 0.2
"""Tests do not look before everything is committed, or know themselves what is not."""


async def verified(vhost: Any, database: Any, log: type[EventLog] = EventLog) -> RebuildReport:
    """What a comparison finds."""
    async with _rebuild(vhost, database, log) as run:
        return await run.verify()


async def mended(vhost: Any, database: Any, log: type[EventLog] = EventLog) -> RebuildReport:
    """The same, with what differs written as the stream has it."""
    async with _rebuild(vhost, database, log) as run:
        return await run.repair()


@asynccontextmanager
async def _rebuild(vhost: Any, database: Any, log: type[EventLog]) -> AsyncIterator[Rebuild]:
    client = mongo.connect(database.url("status"), service="test")
    tasks = mongo.database(client, database.name)
    async with log.open(vhost.url("status")) as opened:
        with closing(RebuildStore()) as store:
            yield Rebuild(
                log=opened,
                database=tasks,
                store=store,
                report=lambda _: None,
                settle_s=_STAND_STILL_SECONDS,
            )
    await mongo.close(client)
