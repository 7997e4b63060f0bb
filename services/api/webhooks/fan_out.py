"""From events to deliveries: each event becomes one for every webhook of its user that asks for its type."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from services.api.call_batching import BatchedCalls
from services.api.webhooks.delivery_repository import Deliveries, News
from shared.errors import MalformedEvent
from shared.events import Event, EventData, WebhookTest, decode
from shared.messaging.broker import existing_queue
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.event_handler import settle
from shared.messaging.topology import WEBHOOK_EVENTS
from shared.mongo import Database, Document
from shared.observability.tracing import working_on

logger = logging.getLogger("mailtally.webhooks")

_AT_ONCE = 100


class FanOut:
    """Reads `webhooks`, makes deliveries."""

    def __init__(self, database: Database, deliveries: Deliveries, *, made: Callable[[], None]) -> None:
        self._webhooks = database["webhooks"]
        self._of_user = BatchedCalls(self._of_users)
        self._deliveries = deliveries
        self._made = made

    async def take(self, event: Event[EventData], body: bytes) -> None:
        """Make the deliveries of an event; `body` is how it came and how it is posted."""
        news = News.of(event, body)
        if news is None:  # an administrator's, or of an older system's task
            return
        tested = event.data.webhook_id if isinstance(event.data, WebhookTest) else None
        webhook_ids = [
            webhook["_id"]
            for webhook in await self._of_user.call(news.user_id)
            if (news.type in webhook["events"] if tested is None else webhook["_id"] == tested)
        ]
        if webhook_ids:
            await self._deliveries.add(webhook_ids, news)
            self._made()

    async def _of_users(self, user_ids: Sequence[str]) -> list[list[Document]]:
        """The webhooks of each that work. Events come in bursts, mostly of users who have none."""
        found: defaultdict[str, list[Document]] = defaultdict(list)
        wanted = {"user_id": {"$in": list(set(user_ids))}, "enabled": True}
        async for webhook in self._webhooks.find(wanted, {"user_id": 1, "events": 1}):
            found[webhook["user_id"]].append(webhook)
        return [found[user_id] for user_id in user_ids]


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
