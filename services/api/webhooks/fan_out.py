"""Fan-out of events: one delivery for each webhook of the user that subscribes to the type."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.api.call_batching import BatchedCalls
from services.api.webhooks.delivery_repository import DeliveryRepository, IncomingEvent
from shared.errors import MalformedEvent
from shared.events import Event, EventData, WebhookTest, decode
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import handle_and_ack
from shared.messaging.topology import WEBHOOK_EVENTS
from shared.mongo import Database, Document
from shared.observability.tracing import trace_context

logger = logging.getLogger("mailtally.webhooks")

_PREFETCH = 100


class FanOut:
    """Creates deliveries of events; reads `webhooks`. Calls `on_created` after each event."""

    def __init__(self, database: Database, deliveries: DeliveryRepository, *, on_created: Callable[[], None]) -> None:
        self._webhooks = database["webhooks"]
        self._webhooks_of_user = BatchedCalls(self._webhooks_of_users)
        self._deliveries = deliveries
        self._on_created = on_created

    async def create_deliveries(self, event: Event[EventData], body: bytes) -> None:
        """Create the deliveries of an event; `body` are its bytes, which are posted unchanged."""
        incoming = IncomingEvent.of(event, body)
        if incoming is None:  # it concerns an administrator, or a task of an older system
            return
        test_of = event.data.webhook_id if isinstance(event.data, WebhookTest) else None
        webhook_ids = [
            webhook["_id"]
            for webhook in await self._webhooks_of_user.call(incoming.user_id)
            if (incoming.type in webhook["events"] if test_of is None else webhook["_id"] == test_of)
        ]
        if webhook_ids:
            await self._deliveries.add(webhook_ids, incoming)
            self._on_created()

    async def _webhooks_of_users(self, user_ids: Sequence[str]) -> list[list[Document]]:
        """Return the enabled webhooks of each user.

        Events come in bursts, mostly of users without any.
        """
        by_user: defaultdict[str, list[Document]] = defaultdict(list)
        query = {"user_id": {"$in": list(set(user_ids))}, "enabled": True}
        async for webhook in self._webhooks.find(query, {"user_id": 1, "events": 1}):
            by_user[webhook["user_id"]].append(webhook)
        return [by_user[user_id] for user_id in user_ids]


def subscribe(broker: RabbitBroker, fan_out: FanOut, dead_letters: DeadLetters) -> None:
    """Register the subscriber of `api.webhooks.events`, which acks when deliveries are stored."""

    async def handle(message: RabbitMessage) -> None:
        try:
            event = decode(message.body)
        except MalformedEvent as error:
            await dead_letters.add(message.body, queue=WEBHOOK_EVENTS, reason=str(error), headers=message.headers)
            await message.ack()
            return
        with trace_context(event.traceparent, event.subject):
            await handle_and_ack(
                message, WEBHOOK_EVENTS, dead_letters, lambda: fan_out.create_deliveries(event, message.body)
            )

    broker.subscriber(existing_queue(WEBHOOK_EVENTS), channel=Channel(prefetch_count=_PREFETCH))(handle)
