"""Webhooks on a real database and broker, with workers in the process of the test."""

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.api.audit_log import AuditLog
from services.api.identity.tokens import Principal
from services.api.indexes import INDEXES
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.endpoint_health import EndpointHealth
from services.api.webhooks.fan_out import FanOut
from services.api.webhooks.http_client import WebhookClient
from services.api.webhooks.metrics import WebhookMetrics
from services.api.webhooks.replays import ReplayRunner
from services.api.webhooks.retry_policy import RETRY_POLICY, RetryPolicy
from services.api.webhooks.schemas import EventType, NewWebhook, WebhookWithSecret
from services.api.webhooks.signing import SecretCipher
from services.api.webhooks.webhook_service import WebhookService
from services.api.webhooks.worker import DeliveryWorker
from shared import mongo
from shared.events import Event
from shared.indexes import ensure_indexes
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document
from shared.net.address_policy import Lookup, look_up, tls_context
from shared.observability.metrics import new_registry
from tests.support.keys import WEBHOOK_KEY
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS
from tests.support.webhook_receiver import Receiver

NOTHING = dt.timedelta(0)
AT_ONCE = RetryPolicy(delays=(NOTHING,) * 7, give_up_after=dt.timedelta(hours=1), disable_after=dt.timedelta(hours=1))
"""Eight attempts without a pause. Failures of a moment are none that last."""


def a_user(user_id: str) -> Principal:
    return Principal(user_id=user_id, name=user_id, admin=False, expires_at=dt.datetime(9999, 1, 1, tzinfo=dt.UTC))


ADA = a_user("user-1")


@dataclass
class WebhookStage:
    """`database` is the api's."""

    database: Database
    publisher: Publisher
    amqp_url: str
    webhooks: WebhookService
    deliveries: DeliveryRepository

    async def webhook(self, receiver: Receiver, *types: EventType, who: Principal = ADA) -> WebhookWithSecret:
        """A new webhook that leads to the receiver."""
        wanted: list[EventType] = list(types) or ["scan.started.v1", "scan.completed.v1", "invoice.found.v1"]
        return await self.webhooks.add(who, NewWebhook(url=receiver.url, events=wanted))

    async def take(self, *events: Event[Any]) -> None:
        """The events as they come from the queue."""
        fan_out = FanOut(self.database, self.deliveries, on_created=lambda: None)
        for event in events:
            await fan_out.create_deliveries(event, event.to_bytes())

    def worker(
        self,
        receiver: Receiver | None,
        *,
        retry_policy: RetryPolicy = AT_ONCE,
        allow_private: bool = True,
        lookup: Lookup = look_up,
        post_seconds: float = SECONDS,
    ) -> DeliveryWorker:
        """One that trusts the receiver's certificate."""
        endpoint_health = EndpointHealth(self.database, cipher=SecretCipher(WEBHOOK_KEY), publisher=self.publisher)
        tls = tls_context(receiver.certificates if receiver else None)
        client = WebhookClient(tls, allow_private=allow_private, lookup=lookup, post_seconds=post_seconds)
        return DeliveryWorker(
            self.deliveries, endpoint_health, client, WebhookMetrics(new_registry()), retry_policy=retry_policy
        )

    def replays(self, *, max_events: int = 10_000) -> ReplayRunner:
        return ReplayRunner(
            self.database, self.amqp_url, self.deliveries, on_created=lambda: None, max_events=max_events
        )

    async def log(self, webhook: WebhookWithSecret) -> list[Document]:
        """The webhook's deliveries, newest first."""
        return await self.deliveries.page(webhook.webhook_id, state=None, limit=100, before=None)

    async def stored(self, webhook: WebhookWithSecret) -> Document:
        found = await self.database["webhooks"].find_one({"_id": webhook.webhook_id})
        assert found is not None
        return found


@asynccontextmanager
async def webhook_stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[WebhookStage]:
    """With the rights of the api, no more."""
    client = mongo.connect(database.url("api"), service="tests")
    broker = publishing_broker(vhost.url("api"), service="tests")
    await start_when_reachable(broker)
    try:
        mine = mongo.database(client, database.name)
        deliveries = DeliveryRepository(mine)
        webhooks = WebhookService(
            mine, cipher=SecretCipher(WEBHOOK_KEY), deliveries=deliveries, audit=AuditLog(mine), allow_private=True
        )
        await ensure_indexes(mine, INDEXES)
        yield WebhookStage(mine, Publisher(broker, confirm_s=SECONDS), vhost.url("api"), webhooks, deliveries)
    finally:
        await broker.stop()
        client.close()


def with_delays(*seconds: float) -> RetryPolicy:
    """The real schedule with other pauses."""
    return dataclasses.replace(RETRY_POLICY, delays=tuple(dt.timedelta(seconds=each) for each in seconds))
