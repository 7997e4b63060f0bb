"""Acknowledgement of many messages with one AMQP frame."""

import asyncio
from contextlib import suppress

from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError

_SECONDS = 5.0


class BatchAcknowledger:
    """Acknowledges processed messages of one channel together, and never one that is still open.

    A multiple ack covers every delivery tag up to its own. Tags of a channel count from 1 without
    gaps, so an ack is sent only for the end of an unbroken run of processed tags that starts at 1,
    in whatever order they were processed.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._processed: set[int] = set()
        self._acknowledged = 0

    def mark_processed(self, delivery_tag: int) -> None:
        """Note that the effect of the message is stored, or that it has none."""
        self._processed.add(delivery_tag)

    async def flush(self) -> None:
        """Acknowledge what can be. After a closed channel the broker delivers all of it again."""
        last = self._acknowledged
        while last + 1 in self._processed:
            last += 1
            self._processed.remove(last)
        if last == self._acknowledged:
            return
        self._acknowledged = last
        with suppress(AMQPError, ConnectionError, TimeoutError, RuntimeError):  # a closed channel raises a RuntimeError
            async with asyncio.timeout(_SECONDS):
                await self._channel.basic_ack(last, multiple=True, wait=False)
