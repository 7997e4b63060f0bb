"""Topology: exchanges, queues, bindings and policies as data, and as a RabbitMQ definitions file.

The administrator declares all of it before a service starts, so that services need no permission to
configure. Limits and dead-lettering are policies, which can change without deleting a queue.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.access import broker_permissions, broker_topic_permissions
from shared.messaging.names import (
    ACCOUNT_CHECK_REQUESTED,
    ACCOUNT_DELETED,
    COMMANDS_EXCHANGE,
    DEAD_EXCHANGE,
    DEAD_SUFFIX,
    DEFAULT_EXCHANGE,
    EVENTS_EXCHANGE,
    EVENTS_LOG,
    RETRY_EXCHANGE,
    SCAN_CANCEL_REQUESTED,
    SCAN_REQUESTED,
    SECRET_ROTATED,
    SLICES,
    STATUS_SCAN_EVENTS,
    WEBHOOK_EVENTS,
)

__all__ = [
    "ACCOUNT_CHECK_REQUESTED",
    "ACCOUNT_DELETED",
    "COMMANDS_EXCHANGE",
    "DEAD_EXCHANGE",
    "DEFAULT_EXCHANGE",
    "EVENTS_EXCHANGE",
    "EVENTS_LOG",
    "EVENTS_LOG_KEYS",
    "RETRY_EXCHANGE",
    "RETRY_SECONDS",
    "SCAN_CANCEL_REQUESTED",
    "SCAN_REQUESTED",
    "SECRET_ROTATED",
    "SLICES",
    "SLICE_COMMAND",
    "STATUS_SCAN_EVENTS",
    "WEBHOOK_EVENTS",
    "WORK_QUEUES",
    "WorkQueue",
    "broker_definitions",
    "matches",
    "retry_queue",
]

EVENTS_LOG_KEYS = ("scan.#", "invoice.#")
"""Binding keys of the event log; `task.changed` is derived and not kept."""

SLICE_COMMAND = "scan.slice.v1"
RETRY_SECONDS = (2, 10, 60, 300)
"""Delays of slice retries, one quorum queue each, since a message expires only at the head of its
queue."""

_EVENTS_LOG_MAX_AGE = "90D"
_EVENTS_LOG_MAX_BYTES = 20 * 1024**3
_CHECK_SECONDS = 15
"""A connection check waits so long for a scanner; the user waits little longer."""
_DEAD_DELIVERY_LIMIT = 1_000_000
_DELIVERY_LIMIT = 1000
"""High on purpose: each restart of a consumer counts for all messages that it had prefetched.

Handlers detect poison messages themselves.
"""


@dataclass(frozen=True)
class WorkQueue:
    """A durable quorum queue that a service consumes, with its bindings."""

    name: str
    exchange: str
    routing_key: str
    also: tuple[str, ...] = ()
    """Further binding keys."""
    expires_s: int | None = None
    """Seconds after which a message is useless and is dropped; None: it is kept until it is
    handled."""

    @property
    def routing_keys(self) -> tuple[str, ...]:
        """Return all binding keys."""
        return (self.routing_key, *self.also)

    def takes(self, routing_key: str) -> bool:
        """Return whether a message with this routing key is routed to the queue."""
        return any(matches(pattern, routing_key) for pattern in self.routing_keys)

    @property
    def dead(self) -> str:
        """Return the name of its dead-letter queue."""
        return f"{self.name}{DEAD_SUFFIX}"


WORK_QUEUES = (
    WorkQueue(STATUS_SCAN_EVENTS, EVENTS_EXCHANGE, "scan.*.v1"),
    WorkQueue(SCAN_REQUESTED, EVENTS_EXCHANGE, "scan.requested.v1"),
    WorkQueue(SCAN_CANCEL_REQUESTED, EVENTS_EXCHANGE, "scan.cancel_requested.v1"),
    WorkQueue(SLICES, COMMANDS_EXCHANGE, SLICE_COMMAND),
    WorkQueue(ACCOUNT_CHECK_REQUESTED, EVENTS_EXCHANGE, "account.check_requested.v1", expires_s=_CHECK_SECONDS),
    WorkQueue(ACCOUNT_DELETED, EVENTS_EXCHANGE, "account.deleted.v1"),
    WorkQueue(SECRET_ROTATED, EVENTS_EXCHANGE, "account.secret_rotated.v1"),
    WorkQueue(
        WEBHOOK_EVENTS, EVENTS_EXCHANGE, "scan.*.v1", also=("invoice.found.v1", "task.changed.v1", "webhook.*.v1")
    ),
)


def matches(pattern: str, routing_key: str) -> bool:
    """Return whether a topic exchange routes `routing_key` to a queue bound with `pattern`, which
    may end with `#`."""
    words, keys = pattern.split("."), routing_key.split(".")
    if words[-1] == "#":
        words, keys = words[:-1], keys[: len(words) - 1]
    return len(words) == len(keys) and all(word in ("*", key) for word, key in zip(words, keys, strict=True))


def retry_queue(queue: str, seconds: int) -> str:
    """Return the name of the queue that returns a message to `queue` after `seconds`."""
    return f"{queue}.retry.{seconds}"


def broker_definitions(
    *, vhost: str, users: Mapping[str, str] | None = None, administrator: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return the topology of one virtual host as RabbitMQ reads it.

    It fits `load_definitions` and `POST /api/definitions`.

    `users` maps users of `shared.access.BROKER_USERS` to their passwords (plain; hashed here),
    `administrator` is (name, password). Without them only exchanges, queues, bindings and policies
    are defined.
    """
    definitions: dict[str, Any] = {
        "vhosts": [{"name": vhost}],
        "exchanges": [_exchange(vhost, name, kind) for name, kind in _EXCHANGES.items()],
        "queues": _queues(vhost),
        "bindings": _bindings(vhost),
        "policies": [policy(vhost, queue) for queue in WORK_QUEUES for policy in (_queue_limits, _dead_letter_limits)],
    }
    if users is not None:
        definitions["users"] = [_user(name, password) for name, password in users.items()]
        definitions["permissions"] = broker_permissions(vhost, users)
        definitions["topic_permissions"] = broker_topic_permissions(vhost, users)
    if administrator is not None:
        name, password = administrator
        definitions.setdefault("users", []).append(_user(name, password, tags="administrator"))
        everything = {"user": name, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
        definitions.setdefault("permissions", []).append(everything)
    return definitions


_EXCHANGES = {
    EVENTS_EXCHANGE: "topic",
    COMMANDS_EXCHANGE: "direct",
    RETRY_EXCHANGE: "direct",
    DEAD_EXCHANGE: "direct",
}


def _exchange(vhost: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "type": kind,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _queue(vhost: str, name: str, kind: str = "quorum", **arguments: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": kind, **{key.replace("_", "-"): value for key, value in arguments.items()}},
    }


def _queues(vhost: str) -> list[dict[str, Any]]:
    work = [_queue(vhost, queue.name) for queue in WORK_QUEUES]
    dead = [_queue(vhost, queue.dead) for queue in WORK_QUEUES]
    retries = [
        _queue(
            vhost,
            retry_queue(SLICES, seconds),
            x_message_ttl=seconds * 1000,
            x_dead_letter_exchange=COMMANDS_EXCHANGE,
            x_dead_letter_routing_key=SLICE_COMMAND,
            x_dead_letter_strategy="at-least-once",
            x_overflow="reject-publish",
        )
        for seconds in RETRY_SECONDS
    ]
    log = _queue(vhost, EVENTS_LOG, "stream", x_max_age=_EVENTS_LOG_MAX_AGE, x_max_length_bytes=_EVENTS_LOG_MAX_BYTES)
    return [*work, *dead, *retries, log]


def _bindings(vhost: str) -> list[dict[str, Any]]:
    pairs = [(queue.exchange, queue.name, key) for queue in WORK_QUEUES for key in queue.routing_keys]
    pairs += [(DEAD_EXCHANGE, queue.dead, queue.name) for queue in WORK_QUEUES]
    pairs += [(RETRY_EXCHANGE, name, name) for name in (retry_queue(SLICES, seconds) for seconds in RETRY_SECONDS)]
    pairs += [(EVENTS_EXCHANGE, EVENTS_LOG, key) for key in EVENTS_LOG_KEYS]
    return [
        {
            "source": source,
            "vhost": vhost,
            "destination": queue,
            "destination_type": "queue",
            "routing_key": key,
            "arguments": {},
        }
        for source, queue, key in pairs
    ]


def _queue_limits(vhost: str, queue: WorkQueue) -> dict[str, Any]:
    """Return the policy of a work queue.

    Expired messages are dropped, so a queue with an expiry has no dead-letter exchange: its handler
    alone makes dead letters.
    """
    kept = {
        "dead-letter-exchange": DEAD_EXCHANGE,
        "dead-letter-routing-key": queue.name,
        "dead-letter-strategy": "at-least-once",
    }
    ends = kept if queue.expires_s is None else {"message-ttl": queue.expires_s * 1000}
    return {
        "vhost": vhost,
        "name": f"{queue.name}.limits",
        "pattern": f"^{queue.name.replace('.', '[.]')}$",
        "apply-to": "queues",
        "priority": 1,
        "definition": {
            "delivery-limit": _DELIVERY_LIMIT,
            "overflow": "reject-publish",
            **ends,
        },
    }


def _dead_letter_limits(vhost: str, queue: WorkQueue) -> dict[str, Any]:
    """Return the policy of a dead-letter queue.

    A rejected dead letter returns unchanged to the queue that it came from, so that a redrive needs
    no permission to publish. RabbitMQ 4 rejects a message by itself after 20 returns, and every
    listing of dead letters returns them, hence the high limit.
    """
    return {
        "vhost": vhost,
        "name": f"{queue.dead}.looks",
        "pattern": f"^{queue.dead.replace('.', '[.]')}$",
        "apply-to": "queues",
        "priority": 1,
        "definition": {
            "delivery-limit": _DEAD_DELIVERY_LIMIT,
            "overflow": "reject-publish",
            "dead-letter-exchange": DEFAULT_EXCHANGE,
            "dead-letter-routing-key": queue.name,
            "dead-letter-strategy": "at-least-once",
        },
    }


def _user(name: str, password: str, tags: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": _password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
        "limits": {},
    }


def _password_hash(password: str) -> str:
    """Hash a password in RabbitMQ's salted form (rabbit_password_hashing_sha256): base64 of salt +
    digest."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
