"""Depths of the work queues. The broker reports them without permission to read the queues."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiormq

from shared.errors import BrokerUnavailable
from shared.messaging.amqp_connection import CONNECTION_LOST
from shared.messaging.broker import with_heartbeat
from shared.messaging.topology import WORK_QUEUES

_SECONDS = 4.0


@dataclass(frozen=True)
class QueueDepth:
    """One queue: waiting messages (without those in work), its dead letters, and its consumers."""

    name: str
    ready: int
    dead_letters: int
    consumers: int


class QueueDepths:
    """Reads the depths over a connection of its own, which is closed again."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def read(self) -> Sequence[QueueDepth]:
        """Return the work queues in the order in which work passes them. Raises
        `BrokerUnavailable`."""
        try:
            async with asyncio.timeout(_SECONDS):
                connection = await aiormq.connect(with_heartbeat(self._url))
                try:
                    channel = await connection.channel(publisher_confirms=False)
                    found = []
                    for queue in WORK_QUEUES:
                        main = await channel.queue_declare(queue.name, passive=True)
                        dead = await channel.queue_declare(queue.dead, passive=True)
                        found.append(
                            QueueDepth(
                                queue.name, main.message_count or 0, dead.message_count or 0, main.consumer_count or 0
                            )
                        )
                    return found
                finally:
                    await connection.close()
        except CONNECTION_LOST as error:
            raise BrokerUnavailable(type(error).__name__) from None
