"""RabbitMQ permissions and MongoDB roles of the services, as data from which both servers are
provisioned.

Each collection has one writer, and each service publishes its own routing keys only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.events import (
    AccountChecked,
    AccountCheckRequested,
    AccountDeleted,
    AccountSecretRotated,
    EventData,
    InvoiceFound,
    ScanCancelled,
    ScanCancelRequested,
    ScanCleanupRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanStarted,
    TaskChanged,
    WebhookDisabled,
    WebhookTest,
)
from shared.messaging.names import (
    COMMANDS_EXCHANGE,
    DEAD_EXCHANGE,
    DEAD_SUFFIX,
    EVENTS_EXCHANGE,
    EVENTS_LOG,
    LIVE_PREFIX,
    RETRY_EXCHANGE,
)

SERVICES = ("api", "scanner", "status")
OPERATOR = "operator"
"""The RabbitMQ user through which administrators read dead letters."""
BROKER_USERS = (*SERVICES, OPERATOR)

_READ = ["find", "listIndexes", "collStats", "changeStream"]
_WRITE = [*_READ, "insert", "update", "remove", "createIndex", "dropIndex", "createCollection", "collMod"]


@dataclass(frozen=True)
class BrokerAccess:
    """Permissions of a RabbitMQ user, as regular expressions: for resources, then for routing keys."""

    configure: str
    write: str
    read: str
    publishes: str
    subscribes: str


_NOTHING = "^$"
_EVERY_LIVE_QUEUE = re.escape(LIVE_PREFIX) + ".*"
_NO_DEAD_LETTERS = f"(?<!{re.escape(DEAD_SUFFIX)})"
"""Dead letters are read by the operator's user alone."""


def _any_of(*patterns: str, unless: str = "") -> str:
    return f"^({'|'.join(patterns)}){unless}$"


def _named(*names: str) -> str:
    return _any_of(*map(re.escape, names))


def _keys(*events: type[EventData]) -> str:
    return _named(*(event.routing_key for event in events))


BROKER_ACCESS = {
    "api": BrokerAccess(
        configure=_any_of(_EVERY_LIVE_QUEUE),
        write=_any_of(re.escape(EVENTS_EXCHANGE), re.escape(DEAD_EXCHANGE), _EVERY_LIVE_QUEUE),
        read=_any_of(
            re.escape(EVENTS_EXCHANGE),
            re.escape(EVENTS_LOG),
            _EVERY_LIVE_QUEUE,
            r"api\.(account|webhooks)\..*",
            unless=_NO_DEAD_LETTERS,
        ),
        publishes=_keys(
            ScanRequested,
            ScanCancelRequested,
            ScanCleanupRequested,
            AccountCheckRequested,
            AccountDeleted,
            WebhookTest,
            WebhookDisabled,
        ),
        subscribes=_keys(TaskChanged, AccountChecked),
    ),
    "scanner": BrokerAccess(
        configure=_NOTHING,
        write=_named(EVENTS_EXCHANGE, COMMANDS_EXCHANGE, RETRY_EXCHANGE, DEAD_EXCHANGE),
        read=_any_of(r"scanner\..*", unless=_NO_DEAD_LETTERS),
        publishes=_keys(
            ScanQueued,
            ScanStarted,
            ScanProgressed,
            ScanCompleted,
            ScanFailed,
            ScanCancelled,
            InvoiceFound,
            AccountChecked,
            AccountSecretRotated,
        ),
        subscribes=_NOTHING,
    ),
    "status": BrokerAccess(
        configure=_NOTHING,
        write=_named(EVENTS_EXCHANGE, DEAD_EXCHANGE),
        read=_any_of(r"status\..*", re.escape(EVENTS_LOG), unless=_NO_DEAD_LETTERS),
        publishes=_keys(ScanRequested, ScanFailed, ScanCancelled, TaskChanged),
        subscribes=_NOTHING,
    ),
}

OPERATOR_ACCESS = BrokerAccess(
    configure=_NOTHING,
    write=_NOTHING,
    read=rf"^({'|'.join(SERVICES)})\..+{re.escape(DEAD_SUFFIX)}$",
    publishes=_NOTHING,
    subscribes=_NOTHING,
)
"""It takes messages out of the dead-letter queues and publishes nothing: what it rejects, the
broker puts back."""

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
"""Service -> the collections of which it is the only writer."""

MEASURES = ("status",)
"""Services that may read the size of the database and of its disk (`dbStats`)."""

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
"""Service -> the collections of other services that it reads."""


def broker_permissions(vhost: str, users: Iterable[str]) -> list[dict[str, Any]]:
    """Return the RabbitMQ `permissions` of users of `BROKER_USERS`."""
    return [
        {"user": user, "vhost": vhost, "configure": access.configure, "write": access.write, "read": access.read}
        for user in users
        for access in (_access(user),)
    ]


def broker_topic_permissions(vhost: str, users: Iterable[str]) -> list[dict[str, Any]]:
    """Return the RabbitMQ `topic_permissions`: each service publishes its own routing keys only."""
    return [
        {
            "user": user,
            "vhost": vhost,
            "exchange": EVENTS_EXCHANGE,
            "write": access.publishes,
            "read": access.subscribes,
        }
        for user in users
        for access in (_access(user),)
    ]


def _access(user: str) -> BrokerAccess:
    return OPERATOR_ACCESS if user == OPERATOR else BROKER_ACCESS[user]


def mongo_role(service: str) -> str:
    """Return the name of the MongoDB role (and user) of a service."""
    return f"mailtally_{service}"


def mongo_roles(database: str) -> list[dict[str, Any]]:
    """Return a `createRole` command for each service: it writes its own collections and reads those
    it must."""
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
