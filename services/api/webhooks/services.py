"""Wiring of the api's part of webhooks; `webhooks.main` wires the process that delivers."""

from dataclasses import dataclass

from services.api.audit_log import AuditLog
from services.api.scans.services import ScanServices
from services.api.settings import ApiSettings
from services.api.webhooks.delivery_reader import DeliveryRequests
from services.api.webhooks.delivery_repository import Deliveries
from services.api.webhooks.signing import SecretKeeper
from services.api.webhooks.subscriptions import Subscriptions
from shared.messaging.publishing import Publisher
from shared.mongo import Database


@dataclass(frozen=True)
class WebhookServices:
    """Manage webhooks, and read and repeat their deliveries."""

    subscriptions: Subscriptions
    deliveries: DeliveryRequests


def build_webhook_services(
    settings: ApiSettings, database: Database, publisher: Publisher, *, audit_log: AuditLog, scans: ScanServices
) -> WebhookServices:
    """Create the services of webhooks."""
    deliveries = Deliveries(database)
    subscriptions = Subscriptions(
        database,
        keeper=SecretKeeper(settings.webhook_key.get_secret_value()) if settings.webhook_key else None,
        deliveries=deliveries,
        audit=audit_log,
        allow_private=settings.allow_private_webhook_hosts,
    )
    return WebhookServices(
        subscriptions=subscriptions,
        deliveries=DeliveryRequests(
            database, subscriptions=subscriptions, deliveries=deliveries, tasks=scans.tasks, publisher=publisher
        ),
    )
