"""Who may do what: the RabbitMQ permissions and the MongoDB role of each service, as data.

One writer per collection and one set of routing keys per publisher; brokers and databases are provisioned from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SERVICES = ("api", "scanner", "status")
OPERATOR = "operator"
"""The RabbitMQ user that looks at dead letters, for administrators."""
BROKER_USERS = (*SERVICES, OPERATOR)

_EVENTS = "mailtally.events"
_READ = ["find", "listIndexes", "collStats", "changeStream"]
_WRITE = [*_READ, "insert", "update", "remove", "createIndex", "dropIndex", "createCollection", "collMod"]


@dataclass(frozen=True)
class BrokerAccess:
    """Regular expressions, as RabbitMQ has them: resources, then topic keys on the events exchange."""

    configure: str
    write: str
    read: str
    publishes: str
    subscribes: str


BROKER_ACCESS = {
    "api": BrokerAccess(
        configure=r"^api\.live\..*$",
        write=r"^(mailtally\.(events|dead)|api\.live\..*)$",
        read=r"^(mailtally\.events(\.log)?|api\.(live|account|webhooks)\..*)(?<!\.dead)$",
        publishes=(
            r"^(scan\.(requested|cancel_requested|cleanup_requested)|account\.(check_requested|deleted)"
            r"|webhook\.(test|disabled))\.v1$"
        ),
        subscribes=r"^(task\.changed|account\.checked)\.v1$",
    ),
    "scanner": BrokerAccess(
        configure="^$",
        write=r"^mailtally\.(events|commands|retry|dead)$",
        read=r"^scanner\..*(?<!\.dead)$",
        publishes=(
            r"^(scan\.(queued|started|progressed|completed|failed|cancelled)|invoice\.found"
            r"|account\.(checked|secret_rotated))\.v1$"
        ),
        subscribes="^$",
    ),
    "status": BrokerAccess(
        configure="^$",
        write=r"^mailtally\.(events|dead)$",
        read=r"^(status\..*|mailtally\.events\.log)(?<!\.dead)$",
        publishes=r"^(scan\.(requested|failed|cancelled)|task\.changed)\.v1$",
        subscribes="^$",
    ),
}

OPERATOR_ACCESS = BrokerAccess(
    configure="^$", write="^$", read=r"^(api|scanner|status)\..+\.dead$", publishes="^$", subscribes="^$"
)
"""It takes messages out of the dead-letter queues and publishes nothing: what it rejects, the broker puts back."""

COLLECTIONS = {
    "api": (
        "users",
        "credentials",
        "login_attempts",
        "audit_log",
        "email_accounts",
        "scan_requests",
        "invoice_corrections",
        "webhooks",
        "webhook_deliveries",
        "uploads.files",
        "uploads.chunks",
    ),
    "scanner": (
        "scan_runs",
        "mailbox_cursors",
        "message_ledger",
        "mail_connections",
        "invoices",
        "documents.files",
        "documents.chunks",
        "mailbox_checks",
        "account_deletions",
    ),
    "status": ("scanning_tasks", "status_leases", "status_redrives", "status_cleanups"),
}
"""Service -> the collections that it alone writes."""

MEASURES = ("status",)
"""The services that may ask how large the database is and how full its disk."""

READS = {
    "api": (
        "scanning_tasks",
        "scan_runs",
        "mailbox_cursors",
        "message_ledger",
        "invoices",
        "documents.files",
        "documents.chunks",
        "mailbox_checks",
    ),
    "scanner": ("email_accounts", "uploads.files", "uploads.chunks", "scanning_tasks"),
    "status": (),
}
"""Service -> the collections of others that it reads."""


def broker_permissions(vhost: str, users: Iterable[str]) -> list[dict[str, Any]]:
    """RabbitMQ `permissions` for users of `BROKER_USERS`."""
    return [
        {"user": user, "vhost": vhost, "configure": access.configure, "write": access.write, "read": access.read}
        for user in users
        for access in (_access(user),)
    ]


def broker_topic_permissions(vhost: str, users: Iterable[str]) -> list[dict[str, Any]]:
    """RabbitMQ `topic_permissions`: each service publishes its own routing keys only."""
    return [
        {"user": user, "vhost": vhost, "exchange": _EVENTS, "write": access.publishes, "read": access.subscribes}
        for user in users
        for access in (_access(user),)
    ]


def _access(user: str) -> BrokerAccess:
    return OPERATOR_ACCESS if user == OPERATOR else BROKER_ACCESS[user]


def mongo_role(service: str) -> str:
    """The name of the MongoDB role (and user) of a service."""
    return f"mailtally_{service}"


def mongo_roles(database: str) -> list[dict[str, Any]]:
    """One `createRole` command for each service: it writes its own collections and reads those it must."""
    return [
        {
            "createRole": mongo_role(service),
            "roles": [],
            "privileges": [
                *(_privilege(database, name, _WRITE) for name in COLLECTIONS[service]),
                *(_privilege(database, name, _READ) for name in READS[service]),
                *([_privilege(database, "", ["dbStats"])] if service in MEASURES else []),
            ],
        }
        for service in SERVICES
    ]


def _privilege(database: str, collection: str, actions: list[str]) -> dict[str, Any]:
    return {"resource": {"db": database, "collection": collection}, "actions": actions}
