"""Receives the events of scans, as directly as the client library allows.

Through FastStream, receiving costs more than folding and writing together; every other consumer of ours uses it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import AMQPError

from services.status.acknowledgements import Acknowledgements
from services.status.delivery import Delivery
from shared.broker import with_heartbeat
from shared.retry import delays
from shared.topology import STATUS_SCAN_EVENTS

logger = logging.getLogger("mailtally.status.consumer")

_CONNECT_SECONDS = 10.0
_LOST = (AMQPError, ConnectionError, TimeoutError, OSError, RuntimeError)  # a closed channel raises a RuntimeError


@dataclass(frozen=True)
class _Subscription:
    channel: AbstractChannel
    tag: str
    lost: asyncio.Event


class Consumer:
    """Keeps one consumer on the queue of scan events, on a connection of its own, and hands deliveries to `put`."""

    def __init__(self, url: str, *, prefetch: int, put: Callable[[Delivery], None]) -> None:
        self._url = with_heartbeat(url)
        self._prefetch = prefetch
        self._put = put
        self._subscription: _Subscription | None = None

    async def run(self) -> None:
        """Connect and consume, again whenever the connection, the channel or the consumer is lost; until cancelled."""
        pauses = delays(first=0.2)
        while True:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    connection = await aiormq.connect(self._url)
                try:
                    await self._consume(connection)
                    pauses = delays(first=0.2)
                finally:
                    self._subscription = None
                    await connection.close()
            except asyncio.CancelledError:
                # The library cancels what waits on a connection that it gives up; that is not our own end.
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                logger.warning("not consuming", extra={"reason": "the connection was given up"})
            except _LOST as error:
                logger.warning("not consuming", extra={"reason": type(error).__name__})
            await asyncio.sleep(next(pauses))

    async def alive(self) -> bool:
        """Whether the consumer really is on an open channel; an open connection alone proves nothing."""
        return self._subscription is not None and not self._subscription.lost.is_set()

    async def stop(self) -> None:
        """Take nothing more; what was taken can still be acknowledged until `run` is cancelled."""
        subscription = self._subscription
        if subscription is None or subscription.lost.is_set():
            return
        try:
            async with asyncio.timeout(2.0):
                await subscription.channel.basic_cancel(subscription.tag)
        except _LOST as error:
            logger.warning("the consumer could not be cancelled", extra={"reason": type(error).__name__})

    async def _consume(self, connection: AbstractConnection) -> None:
        """Consume until the channel is closed or the broker cancels the consumer."""
        channel = await connection.channel(publisher_confirms=False)
        await channel.basic_qos(prefetch_count=self._prefetch)
        acknowledgements = Acknowledgements(channel)
        lost = asyncio.Event()
        channel.closing.add_done_callback(lambda _: lost.set())
        channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())

        async def receive(message: DeliveredMessage) -> None:
            headers = message.header.properties.headers or {}
            self._put(Delivery.read(message.body, headers, message.delivery_tag or 0, acknowledgements))

        answer = await channel.basic_consume(STATUS_SCAN_EVENTS, receive)
        self._subscription = _Subscription(channel, answer.consumer_tag or "", lost)
        logger.info("consuming", extra={"queue": STATUS_SCAN_EVENTS})
        await lost.wait()
