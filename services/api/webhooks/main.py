"""Process that delivers to webhooks: wiring and lifespan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from services.api.settings import DeliverySettings
from services.api.webhooks import fan_out
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.endpoint_health import EndpointHealth
from services.api.webhooks.fan_out import FanOut
from services.api.webhooks.http_client import WebhookClient
from services.api.webhooks.metrics import WebhookMetrics
from services.api.webhooks.replays import ReplayRunner
from services.api.webhooks.signing import SecretCipher
from services.api.webhooks.worker import DeliveryWorker
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
    """Run the process until a signal stops it."""
    serving.run(SERVICE, DeliverySettings, build)


def build(settings: DeliverySettings, supervisor: Supervisor) -> Starlette:
    """Build the app with health and metrics routes; its lifespan runs the workers."""
    registry = new_registry()
    client = mongo.connect(settings.mongo_url, service=SERVICE, operation_ms=_OPERATION_MS)
    database = mongo.database(client, settings.mongo_database)
    consuming = consuming_broker(settings.amqp_url, service=SERVICE, registry=registry)
    publishing = publishing_broker(settings.amqp_url, service=SERVICE)
    publisher = Publisher(publishing, registry)
    deliveries = DeliveryRepository(database)
    webhook_client = WebhookClient(tls_context(settings.webhook_ca), allow_private=settings.allow_private_webhook_hosts)
    cipher = SecretCipher(settings.webhook_key.get_secret_value())
    endpoint_health = EndpointHealth(database, cipher=cipher, publisher=publisher)
    worker = DeliveryWorker(deliveries, endpoint_health, webhook_client, WebhookMetrics(registry))
    fan_out.subscribe(consuming, FanOut(database, deliveries, on_created=worker.wake), DeadLetters(publisher, registry))
    replays = ReplayRunner(database, settings.amqp_url, deliveries, on_created=worker.wake)

    async def broker_connected() -> bool:
        return await consuming.ping(_PING_SECONDS) and await publishing.ping(_PING_SECONDS)

    async def database_reachable() -> bool:
        return await mongo.is_reachable(client)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        supervisor.start_step("consumer", start_when_reachable(consuming))
        supervisor.start_step("publisher", start_when_reachable(publishing))
        supervisor.start("delivery worker", worker.run())
        supervisor.start("maintenance", worker.maintain_forever())
        supervisor.start("replays", replays.run())
        try:
            yield
        finally:
            await supervisor.stop()
            await stop(consuming)
            await stop(publishing)
            await webhook_client.close()
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
