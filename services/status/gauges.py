"""Gauges that show the state of the database and of the dead-letter queues.

Every replica shows the same numbers: they are those of the servers, not its own.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiormq.abc import AbstractConnection
from pymongo.errors import PyMongoError

from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository
from shared.messaging.amqp_connection import keep_connected
from shared.messaging.topology import WORK_QUEUES

logger = logging.getLogger("mailtally.status.gauges")

_INTERVAL_SECONDS = 10.0
_REST = 20
"""A slow query pauses for 20 times its duration, so that it costs at most a twentieth of a
processor."""


async def update_task_gauges(repository: TaskRepository, metrics: StatusMetrics) -> None:
    """Update the numbers of tasks, the longest silence and the disk usage until cancelled."""

    async def open_tasks() -> None:
        metrics.set_task_counts(await repository.count_open())
        metrics.set_oldest_updates(await repository.oldest_updates())

    async def ended_tasks() -> None:
        metrics.set_task_counts(await repository.count_terminal())

    async def disk() -> None:
        used, total = await repository.disk_usage()
        metrics.set_disk_usage(used=used, total=total)

    async with asyncio.TaskGroup() as group:
        for measure in (open_tasks, ended_tasks, disk):
            group.create_task(_repeat(measure))


async def _repeat(measure: Callable[[], Awaitable[None]]) -> None:
    while True:
        began = time.monotonic()
        try:
            await measure()
        except PyMongoError as error:
            facts = {"event": "gauge_not_updated", "gauge": measure.__name__, "reason": type(error).__name__}
            logger.warning("gauge not updated", extra=facts)
        await asyncio.sleep(max(_INTERVAL_SECONDS, _REST * (time.monotonic() - began)))


async def update_dead_letter_gauge(url: str, metrics: StatusMetrics) -> None:
    """Update the number of dead letters of each queue until cancelled.

    A passive declare needs no permission to read the queue. Dead letters that an administrator is
    looking at are not counted.
    """

    async def count(connection: AbstractConnection) -> None:
        channel = await connection.channel(publisher_confirms=False)
        try:
            while not channel.is_closed:
                for queue in WORK_QUEUES:
                    dead = await channel.queue_declare(queue.dead, passive=True)
                    metrics.set_dead_letters(queue.name, dead.message_count or 0)
                await asyncio.sleep(_INTERVAL_SECONDS)
        finally:
            metrics.clear_dead_letters()

    await keep_connected(url, count, logger=logger)
