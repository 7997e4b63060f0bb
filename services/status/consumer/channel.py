"""A channel that hands each message over in the turn in which it is read.

The library makes a task for each message: a quarter of what receiving costs, and nobody here waits in between. The
method that is replaced is not public: the version is pinned, and nothing at all arrives if it is no longer called.
"""

from collections.abc import Callable
from typing import Any

import aiormq
from aiormq import spec
from aiormq.abc import AbstractConnection, DeliveredMessage

_NUMBER = 1
_FRAMES = 3_000
"""Read ahead: three frames are a message. The library's own few make it change tasks for every third message."""


class DeliveryChannel(aiormq.Channel):
    """The only channel of its connection, for one consumer, without confirms."""

    receive: Callable[[DeliveredMessage], None]

    @classmethod
    async def open_on(
        cls, connection: AbstractConnection, receive: Callable[[DeliveredMessage], None]
    ) -> "DeliveryChannel":
        """A channel whose messages go to `receive`, which must not raise."""
        channel = cls(connection, _NUMBER, publisher_confirms=False, frame_buffer=_FRAMES)
        channel.receive = receive
        connection.channels[_NUMBER] = channel
        await channel.open()
        return channel

    async def consume(self, queue: str) -> str:
        """Begin; the consumer's tag."""
        return (await self.basic_consume(queue, self._unused)).consumer_tag or ""

    async def _on_deliver_frame(self, frame: spec.Basic.Deliver) -> None:
        header: Any = await self._get_frame()
        self.receive(await self._read_content(frame, header))

    @staticmethod
    async def _unused(_: DeliveredMessage) -> None:
        raise AssertionError("messages go to `receive`")
