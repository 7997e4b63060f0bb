"""Wiring of the status service."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from services.status.batcher import Batcher
from services.status.change_publisher import ChangePublisher
from services.status.consumer.event_consumer import ScanEventConsumer
from services.status.gauges import update_dead_letter_gauge, update_task_gauges
from services.status.lease import Lease
from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository
from services.status.settings import StatusSettings
from services.status.task_cleanup import TaskCleanup
from services.status.watchdog.repository import WatchdogRepository
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
_CHANGES_SECONDS = 2.0
"""Together less than the time that a service has to stop."""


def main() -> None:
    """Run the status service until a signal."""
    serving.run("status", StatusSettings, build)


def build(settings: StatusSettings, supervisor: Supervisor) -> Starlette:
    """Build the service as an application: health, readiness and metrics over HTTP; work starts
    with its lifespan."""
    registry = new_registry()
    metrics = StatusMetrics(registry)
    broker = publishing_broker(settings.amqp_url, service="status")
    publisher = Publisher(broker, registry)
    client = mongo.connect(settings.mongo_url, service="status", operation_ms=_OPERATION_MS)
    database = mongo.database(client, settings.mongo_database)
    repository, cleanup = TaskRepository(database), TaskCleanup(database)
    changes = ChangePublisher(settings.amqp_url, metrics)
    batcher = Batcher(
        repository=repository,
        cleanup=cleanup,
        dead_letters=DeadLetters(publisher, registry),
        changes=changes,
        metrics=metrics,
        limit=settings.status_batch,
        linger=settings.status_linger_ms / 1000,
    )
    consumer = ScanEventConsumer(settings.amqp_url, prefetch=2 * settings.status_batch, on_message=batcher.put)
    watchdog = Watchdog(
        lease=Lease(database, "watchdog", lasts=LEASE),
        tasks=WatchdogRepository(database),
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
        supervisor.start_step("indexes", repository.create_indexes())
        supervisor.start("change publisher", changes.run())
        supervisor.start("batcher", batcher.run())
        supervisor.start("consumer", consumer.run())
        supervisor.start("task gauges", update_task_gauges(repository, metrics))
        supervisor.start("dead letter gauge", update_dead_letter_gauge(settings.amqp_url, metrics))
        supervisor.start("watchdog", watchdog.run())
        supervisor.start("cleanup", cleanup.run())
        try:
            yield
        finally:
            await consumer.stop()
            if await supervisor.alive():
                await _within(DRAIN_SECONDS, batcher.drain())
                await _within(_CHANGES_SECONDS, changes.drain())
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
    """Wait at most so long for `work`.

    What it leaves undone is redelivered or read later, so nothing is lost.
    """
    with suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
