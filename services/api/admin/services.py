"""Wiring of the use cases of administrators."""

from dataclasses import dataclass

from services.api.admin.dead_letters.service import DeadLetterService
from services.api.admin.queue_depths import QueueDepths
from services.api.admin.task_cleanup import TaskCleanup
from services.api.admin.users import UserAdministration
from services.api.audit_log import AuditLog
from services.api.identity.services import IdentityServices
from services.api.scans.services import ScanServices
from services.api.settings import ApiSettings
from shared.messaging.publishing import Publisher
from shared.mongo import Database


@dataclass(frozen=True)
class AdminServices:
    """Administrate users, tasks, queues and dead letters."""

    audit_log: AuditLog
    dead_letters: DeadLetterService
    grafana_url: str | None
    queue_depths: QueueDepths
    task_cleanup: TaskCleanup
    users: UserAdministration


def build_admin_services(
    settings: ApiSettings,
    database: Database,
    publisher: Publisher,
    *,
    audit_log: AuditLog,
    identity: IdentityServices,
    scans: ScanServices,
) -> AdminServices:
    """Create the services of administrators."""
    return AdminServices(
        audit_log=audit_log,
        dead_letters=DeadLetterService(settings.operator_amqp_url, audit_log),
        grafana_url=settings.grafana_url,
        queue_depths=QueueDepths(settings.amqp_url),
        task_cleanup=TaskCleanup(requests=scans.requests, tasks=scans.tasks, publisher=publisher),
        users=UserAdministration(
            database, tokens=identity.tokens, passwords=identity.passwords, credentials=identity.credentials
        ),
    )
