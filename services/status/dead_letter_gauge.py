"""Keeps the number of dead letters of each queue up to date."""

import asyncio
import logging

from aiormq.abc import AbstractConnection

from services.status.metrics import StatusMetrics
from shared.messaging.amqp_connection import keep_connected
from shared.messaging.topology import WORK_QUEUES

logger = logging.getLogger("mailtally.status.counting")

_EVERY_SECONDS = 10.0


async def keep_counting_dead_letters(url: str, metrics: StatusMetrics) -> None:
    """Count until cancelled. Every replica shows the same numbers: they are the broker's, not its own.

    To ask how long a queue is takes no right to read it. What somebody is looking at just then is left out.
    """

    async def count(connection: AbstractConnection) -> None:
        channel = await connection.channel(publisher_confirms=False)
        try:
            while not channel.is_closed:
                for queue in WORK_QUEUES:
                    dead = await channel.queue_declare(queue.dead, passive=True)
                    metrics.dead_letters(queue.name, dead.message_count or 0)
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            metrics.forget_dead_letters()

    await keep_connected(url, count, logger=logger)
