"""Which deliveries of a channel may be acknowledged together."""

import asyncio
from contextlib import suppress

from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError

_SECONDS = 5.0


class Acknowledgements:
    """Acknowledges the deliveries of one channel, many with one frame and none whose fate is open.

    A multiple ack settles every delivery up to its tag. The tags of a channel count from 1 without gaps, so one is sent
    only for the end of an unbroken run of settled tags that starts at 1: whatever it settles has been settled here,
    in whatever order that happened.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._settled: set[int] = set()
        self._last = 0

    def settle(self, tag: int) -> None:
        """Note that the delivery's effect is stored, or that it has none."""
        self._settled.add(tag)

    async def flush(self) -> None:
        """Acknowledge what may be. On a dead channel nothing can be, and the broker delivers all of it again."""
        last = self._last
        while last + 1 in self._settled:
            last += 1
            self._settled.remove(last)
        if last == self._last:
            return
        self._last = last
        with suppress(AMQPError, ConnectionError, TimeoutError, RuntimeError):  # a closed channel raises a RuntimeError
            async with asyncio.timeout(_SECONDS):
                await self._channel.basic_ack(last, multiple=True, wait=False)
