"""What lies in queues."""

from typing import Any

import aio_pika

from shared.events import decode


async def published(channel: aio_pika.abc.AbstractChannel, queue: str) -> list[Any]:
    """Every event in the queue, taken out."""
    source = await channel.get_queue(queue, ensure=False)
    events = []
    while message := await source.get(no_ack=True, fail=False):
        events.append(decode(message.body))
    return events
