"""An AMQP channel that calls back synchronously for each message, in the order of arrival.

aiormq makes an asyncio task for each message: a quarter of what receiving costs, and the callback
never waits. The method that is overridden is private: aiormq is pinned in
pyproject.toml, and no message would arrive if aiormq no longer called it.
"""

from collections.abc import Callable
from typing import Any

import aiormq
from aiormq import spec
from aiormq.abc import AbstractConnection, DeliveredMessage

_NUMBER = 1
_BUFFERED_FRAMES = 3_000
"""Three frames are a message. With aiormq's few, tasks would switch for every third message."""


class CallbackChannel(aiormq.Channel):
    """The only channel of its connection, for one consumer, without publisher confirms."""

    on_message: Callable[[DeliveredMessage], None]

    @classmethod
    async def open_on(
        cls, connection: AbstractConnection, on_message: Callable[[DeliveredMessage], None]
    ) -> "CallbackChannel":
        """Open a channel whose messages go to `on_message`, which must not raise."""
        channel = cls(connection, _NUMBER, publisher_confirms=False, frame_buffer=_BUFFERED_FRAMES)
        channel.on_message = on_message
        connection.channels[_NUMBER] = channel
        await channel.open()
        return channel

    async def consume(self, queue: str) -> str:
        """Start the consumer and return its tag."""
        return (await self.basic_consume(queue, self._unused)).consumer_tag or ""

    async def _on_deliver_frame(self, frame: spec.Basic.Deliver) -> None:
        header: Any = await self._get_frame()
        self.on_message(await self._read_content(frame, header))

    @staticmethod
    async def _unused(_: DeliveredMessage) -> None:
        raise AssertionError("messages go to `on_message`")
