"""Receives the events of scans, as directly as the client library allows.

Through FastStream, receiving costs more than folding and writing together; every other consumer of ours uses it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage

from services.status.consumer.acknowledgements import Acknowledgements
from services.status.consumer.channel import DeliveryChannel
from services.status.delivery import Delivery
from shared.messaging.amqp_connection import CONNECTION_LOST, keep_connected
from shared.messaging.topology import STATUS_SCAN_EVENTS

logger = logging.getLogger("mailtally.status.consumer")


@dataclass(frozen=True)
class _Subscription:
    channel: AbstractChannel
    tag: str
    lost: asyncio.Event


class Consumer:
    """Keeps one consumer on the queue of scan events, on a connection of its own, and hands deliveries to `put`."""

    def __init__(self, url: str, *, prefetch: int, put: Callable[[Delivery], None]) -> None:
        self._url = url
        self._prefetch = prefetch
        self._put = put
        self._subscription: _Subscription | None = None

    async def run(self) -> None:
        """Consume, again whenever the connection, the channel or the consumer is lost; until cancelled."""
        await keep_connected(self._url, self._consume, logger=logger)

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
        except CONNECTION_LOST as error:
            logger.warning("the consumer could not be cancelled", extra={"reason": type(error).__name__})

    async def _consume(self, connection: AbstractConnection) -> None:
        """Consume until the channel is closed or the broker cancels the consumer."""
        lost = asyncio.Event()

        def receive(message: DeliveredMessage) -> None:
            headers = message.header.properties.headers or {}
            self._put(Delivery.read(message.body, headers, message.delivery_tag or 0, acknowledgements))

        channel = await DeliveryChannel.open_on(connection, receive)
        acknowledgements = Acknowledgements(channel)
        channel.closing.add_done_callback(lambda _: lost.set())
        channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
        await channel.basic_qos(prefetch_count=self._prefetch)
        tag = await channel.consume(STATUS_SCAN_EVENTS)
        self._subscription = _Subscription(channel, tag, lost)
        logger.info("consuming", extra={"queue": STATUS_SCAN_EVENTS})
        try:
            await lost.wait()
        finally:
            self._subscription = None
