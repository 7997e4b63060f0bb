"""From events to deliveries: each event becomes one for every webhook of its user that asks for its type."""

import logging
from collections.abc import Callable

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.api.webhooks.deliveries import Deliveries, News
from shared.broker import existing_queue
from shared.consuming import settle
from shared.dead_letters import DeadLetters
from shared.errors import MalformedEvent
from shared.events import Event, EventData, WebhookTest, decode
from shared.mongo import Database, Document
from shared.topology import WEBHOOK_EVENTS
from shared.tracing import working_on

logger = logging.getLogger("mailtally.webhooks")

_AT_ONCE = 100


class FanOut:
    """Reads `webhooks`, makes deliveries."""

    def __init__(self, database: Database, deliveries: Deliveries, *, made: Callable[[], None]) -> None:
        self._webhooks = database["webhooks"]
        self._deliveries = deliveries
        self._made = made

    async def take(self, event: Event[EventData], body: bytes) -> None:
        """Make the deliveries of an event; `body` is how it came and how it is posted."""
        news = News.of(event, body)
        if news is None:  # an administrator's, or of an older system's task
            return
        wanted: Document = {"user_id": news.user_id, "enabled": True, "events": news.type}
        if isinstance(event.data, WebhookTest):
            wanted = {"_id": event.data.webhook_id, "user_id": news.user_id, "enabled": True}
        webhook_ids = [webhook["_id"] async for webhook in self._webhooks.find(wanted, {"_id": 1})]
        if webhook_ids:
            await self._deliveries.add(webhook_ids, news)
            self._made()


def subscribe(broker: RabbitBroker, fan_out: FanOut, dead_letters: DeadLetters) -> None:
    """Register the subscriber of `api.webhooks.events`; a message is acknowledged when its deliveries are stored."""

    async def handle(message: RabbitMessage) -> None:
        try:
            event = decode(message.body)
        except MalformedEvent as error:
            await dead_letters.bury(message.body, queue=WEBHOOK_EVENTS, reason=str(error), headers=message.headers)
            await message.ack()
            return
        with working_on(event.traceparent, event.subject):
            await settle(message, WEBHOOK_EVENTS, dead_letters, lambda: fan_out.take(event, message.body))

    broker.subscriber(existing_queue(WEBHOOK_EVENTS), channel=Channel(prefetch_count=_AT_ONCE))(handle)
