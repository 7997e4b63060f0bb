"""Wires the status service."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from services.status.batcher import Batcher
from services.status.change_publisher import Announcer
from services.status.consumer.event_consumer import Consumer
from services.status.dead_letter_gauge import keep_counting_dead_letters
from services.status.lease import Lease
from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository
from services.status.settings import StatusSettings
from services.status.task_cleanup import Cleanups
from services.status.task_gauges import keep_counting
from services.status.watchdog.repository import WatchedTasks
from services.status.watchdog.watchdog import LEASE, Watchdog
from shared import mongo, serving
from shared.health import Health, health_routes
from shared.messaging.broker import publishing_broker, start_when_reachable, stop
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.publishing import Publisher
from shared.observability.metrics import new_registry
from shared.supervision import Supervisor

_OPERATION_MS = 10_000
DRAIN_SECONDS = 8.0
_ANNOUNCE_SECONDS = 2.0
"""Together less than what a service is given to stop."""


def main() -> None:
    """Run the status service until a signal."""
    serving.run("status", StatusSettings, build)


def build(settings: StatusSettings, supervisor: Supervisor) -> Starlette:
    """The service as an application: health, readiness and metrics over HTTP; the work begins with its lifespan."""
    registry = new_registry()
    metrics = StatusMetrics(registry)
    broker = publishing_broker(settings.amqp_url, service="status")
    publisher = Publisher(broker, registry)
    client = mongo.connect(settings.mongo_url, service="status", operation_ms=_OPERATION_MS)
    database = mongo.database(client, settings.mongo_database)
    repository, cleanups = TaskRepository(database), Cleanups(database)
    announcer = Announcer(settings.amqp_url, metrics)
    batcher = Batcher(
        repository=repository,
        cleanups=cleanups,
        dead_letters=DeadLetters(publisher, registry),
        announcer=announcer,
        metrics=metrics,
        limit=settings.status_batch,
        linger=settings.status_linger_ms / 1000,
    )
    consumer = Consumer(settings.amqp_url, prefetch=2 * settings.status_batch, put=batcher.put)
    watchdog = Watchdog(
        lease=Lease(database, "watchdog", lasts=LEASE),
        tasks=WatchedTasks(database),
        publisher=publisher,
        metrics=metrics,
        is_consuming=consumer.alive,
        redrive_after=dt.timedelta(seconds=settings.redrive_after_s),
        cancel_grace=dt.timedelta(seconds=settings.cancel_grace_s),
    )

    async def broker_connected() -> bool:
        return await broker.ping(timeout=1.0)

    async def database_reachable() -> bool:
        return await mongo.is_reachable(client)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        supervisor.start_step("publisher", start_when_reachable(broker))
        supervisor.start_step("indexes", repository.prepare())
        supervisor.start("announcer", announcer.run())
        supervisor.start("batcher", batcher.run())
        supervisor.start("consumer", consumer.run())
        supervisor.start("counting", keep_counting(repository, metrics))
        supervisor.start("dead letters", keep_counting_dead_letters(settings.amqp_url, metrics))
        supervisor.start("watchdog", watchdog.run())
        supervisor.start("cleanups", cleanups.run())
        try:
            yield
        finally:
            await consumer.stop()
            if await supervisor.alive():
                await _within(DRAIN_SECONDS, batcher.drain())
                await _within(_ANNOUNCE_SECONDS, announcer.drain())
            await supervisor.stop()
            await stop(broker)
            await mongo.close(client)

    health = Health(
        {
            "broker": broker_connected,
            "database": database_reachable,
            "consumers": consumer.alive,
            "tasks": supervisor.alive,
        }
    )
    return Starlette(routes=health_routes(health, registry), lifespan=lifespan)


async def _within(seconds: float, work: Awaitable[None]) -> None:
    """Give `work` that long; what it leaves undone is redelivered or read later, so nothing is lost."""
    with suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
