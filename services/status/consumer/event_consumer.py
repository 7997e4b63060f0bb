"""The consumer of the queue of scan events, directly on aiormq.

Through FastStream, receiving would cost more than folding and writing together. All other consumers
of this product use FastStream.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage

from services.status.consumer.acknowledger import BatchAcknowledger
from services.status.consumer.channel import CallbackChannel
from services.status.consumer.received_message import ReceivedMessage
from shared.messaging.amqp_connection import CONNECTION_LOST, keep_connected
from shared.messaging.topology import STATUS_SCAN_EVENTS

logger = logging.getLogger("mailtally.status.consumer")


@dataclass(frozen=True)
class _Subscription:
    channel: AbstractChannel
    consumer_tag: str
    lost: asyncio.Event


class ScanEventConsumer:
    """Keeps one consumer on the queue of scan events, on its own connection, and passes messages to
    `on_message`."""

    def __init__(self, url: str, *, prefetch: int, on_message: Callable[[ReceivedMessage], None]) -> None:
        self._url = url
        self._prefetch = prefetch
        self._on_message = on_message
        self._subscription: _Subscription | None = None

    async def run(self) -> None:
        """Consume until cancelled; reconnect when the connection, the channel or the consumer is
        lost."""
        await keep_connected(self._url, self._consume, logger=logger)

    async def alive(self) -> bool:
        """Return whether the consumer is on an open channel; an open connection alone proves
        nothing."""
        return self._subscription is not None and not self._subscription.lost.is_set()

    async def stop(self) -> None:
        """Receive nothing more.

        Messages received before can be acknowledged until `run` is cancelled.
        """
        subscription = self._subscription
        if subscription is None or subscription.lost.is_set():
            return
        try:
            async with asyncio.timeout(2.0):
                await subscription.channel.basic_cancel(subscription.consumer_tag)
        except CONNECTION_LOST as error:
            facts = {"event": "consumer_cancel_failed", "reason": type(error).__name__}
            logger.warning("the consumer could not be cancelled", extra=facts)

    async def _consume(self, connection: AbstractConnection) -> None:
        """Consume until the channel is closed or the broker cancels the consumer."""
        lost = asyncio.Event()

        def receive(message: DeliveredMessage) -> None:
            headers = message.header.properties.headers or {}
            self._on_message(ReceivedMessage.decode(message.body, headers, message.delivery_tag or 0, acknowledger))

        channel = await CallbackChannel.open_on(connection, receive)
        acknowledger = BatchAcknowledger(channel)
        channel.closing.add_done_callback(lambda _: lost.set())
        channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
        await channel.basic_qos(prefetch_count=self._prefetch)
        consumer_tag = await channel.consume(STATUS_SCAN_EVENTS)
        self._subscription = _Subscription(channel, consumer_tag, lost)
        logger.info("consuming", extra={"event": "consumer_started", "queue": STATUS_SCAN_EVENTS})
        try:
            await lost.wait()
        finally:
            self._subscription = None
