"""Wiring of the api's part of webhooks; `webhooks.main` wires the process that delivers."""

from dataclasses import dataclass

from services.api.audit_log import AuditLog
from services.api.scans.services import ScanServices
from services.api.settings import ApiSettings
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.delivery_service import DeliveryService
from services.api.webhooks.signing import SecretCipher
from services.api.webhooks.webhook_service import WebhookService
from shared.messaging.publishing import Publisher
from shared.mongo import Database


@dataclass(frozen=True)
class WebhookServices:
    """Manage webhooks, and read and repeat their deliveries."""

    service: WebhookService
    deliveries: DeliveryService


def build_webhook_services(
    settings: ApiSettings, database: Database, publisher: Publisher, *, audit_log: AuditLog, scans: ScanServices
) -> WebhookServices:
    """Create the services of webhooks."""
    deliveries = DeliveryRepository(database)
    service = WebhookService(
        database,
        cipher=SecretCipher(settings.webhook_key.get_secret_value()) if settings.webhook_key else None,
        deliveries=deliveries,
        audit=audit_log,
        allow_private=settings.allow_private_webhook_hosts,
    )
    return WebhookServices(
        service=service,
        deliveries=DeliveryService(
            database, webhooks=service, deliveries=deliveries, tasks=scans.tasks, publisher=publisher
        ),
    )
