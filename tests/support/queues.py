"""What lies in queues."""

from typing import Any

import aio_pika

from shared.events import decode
from tests.support.waiting import SECONDS


async def published(channel: aio_pika.abc.AbstractChannel, queue: str) -> list[Any]:
    """Every event in the queue, taken out."""
    source = await channel.get_queue(queue, ensure=False)
    events = []
    while message := await source.get(no_ack=True, fail=False, timeout=SECONDS):
        events.append(decode(message.body))
    return events


async def length(channel: aio_pika.abc.AbstractChannel, queue: str) -> int:
    """How many messages the queue holds that nobody has taken."""
    declared = await channel.declare_queue(queue, passive=True, timeout=SECONDS)
    return declared.declaration_result.message_count or 0
