"""The process that delivers to webhooks: everything of it is put together here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from services.api.settings import DeliverySettings
from services.api.webhooks import fan_out
from services.api.webhooks.delivery_repository import Deliveries
from services.api.webhooks.endpoint_health import Standing
from services.api.webhooks.fan_out import FanOut
from services.api.webhooks.http_client import Sender
from services.api.webhooks.metrics import WebhookMetrics
from services.api.webhooks.replays import Replays
from services.api.webhooks.signing import SecretKeeper
from services.api.webhooks.worker import Deliverer
from shared import mongo, serving
from shared.health import Health, health_routes
from shared.messaging.broker import consumers_alive, consuming_broker, publishing_broker, start_when_reachable, stop
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.publishing import Publisher
from shared.net.address_policy import tls_context
from shared.observability.metrics import new_registry
from shared.supervision import Supervisor

SERVICE = "webhooks"

_OPERATION_MS = 10_000
_PING_SECONDS = 2.0


def main() -> None:
    """Run it until a signal."""
    serving.run(SERVICE, DeliverySettings, build)


def build(settings: DeliverySettings, supervisor: Supervisor) -> Starlette:
    """Health, readiness and metrics over HTTP; the work begins with its lifespan."""
    registry = new_registry()
    client = mongo.connect(settings.mongo_url, service=SERVICE, operation_ms=_OPERATION_MS)
    database = mongo.database(client, settings.mongo_database)
    consuming = consuming_broker(settings.amqp_url, service=SERVICE, registry=registry)
    publishing = publishing_broker(settings.amqp_url, service=SERVICE)
    publisher = Publisher(publishing, registry)
    deliveries = Deliveries(database)
    sender = Sender(tls_context(settings.webhook_ca), allow_private=settings.allow_private_webhook_hosts)
    keeper = SecretKeeper(settings.webhook_key.get_secret_value())
    standing = Standing(database, keeper=keeper, publisher=publisher)
    deliverer = Deliverer(deliveries, standing, sender, WebhookMetrics(registry))
    fan_out.subscribe(consuming, FanOut(database, deliveries, made=deliverer.wake), DeadLetters(publisher, registry))
    replays = Replays(database, settings.amqp_url, deliveries, made=deliverer.wake)

    async def broker_connected() -> bool:
        return await consuming.ping(_PING_SECONDS) and await publishing.ping(_PING_SECONDS)

    async def database_reachable() -> bool:
        return await mongo.is_reachable(client)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        supervisor.start_step("consumer", start_when_reachable(consuming))
        supervisor.start_step("publisher", start_when_reachable(publishing))
        supervisor.start("deliverer", deliverer.run())
        supervisor.start("upkeep", deliverer.keep_up())
        supervisor.start("replays", replays.run())
        try:
            yield
        finally:
            await supervisor.stop()
            await stop(consuming)
            await stop(publishing)
            await sender.close()
            await mongo.close(client)

    health = Health(
        {
            "broker": broker_connected,
            "database": database_reachable,
            "consumers": lambda: consumers_alive(consuming),
            "tasks": supervisor.alive,
        }
    )
    return Starlette(routes=health_routes(health, registry), lifespan=lifespan)
