"""Permissions and limits of external consumers on the broker, as data.

An external consumer may bind its own queues to the events exchange and read the event log. It
cannot publish, not even through a dead-letter exchange of its queues.
"""

import re
from typing import Any

from shared.access import BrokerAccess
from shared.messaging.topology import EVENTS_EXCHANGE, EVENTS_LOG

USER_PREFIX = "consumer."
"""Prefix of users and of queues: the user `consumer.NAME` owns the queues `consumer.NAME.*`."""
NAME_PATTERN = r"[a-z][a-z0-9-]{0,39}"
"""No dot, so that the queues of one name never have the prefix of another."""

_TOPICS = r"^((scan|invoice)\.[a-z_*#.0-9]+|(task\.changed|webhook\.disabled)\.(v[0-9]+|\*|#))$"
"""Binding keys. `#` alone, which would match everything, is not allowed."""
_LIMITS = {"max-connections": 20, "max-channels": 100}
_QUEUE_BYTES = 1024**3
_EXPIRES_MS = 14 * 24 * 3600 * 1000


def is_name(name: str) -> bool:
    """Return whether this may be the name of a consumer."""
    return re.fullmatch(NAME_PATTERN, name) is not None


def consumer_user(name: str) -> str:
    """Return the RabbitMQ user of a consumer, which is also the prefix of its queues."""
    return f"{USER_PREFIX}{name}"


def consumer_access(name: str) -> BrokerAccess:
    """Permit to declare, bind and read its own queues, and to read the events exchange and the
    event log."""
    own = rf"{re.escape(consumer_user(name))}\..+"
    return BrokerAccess(
        configure=f"^{own}$",
        # RabbitMQ requires write permission on a queue to bind it. An exchange of such a name could only be
        # bound to queues of the same consumer.
        write=f"^{own}$",
        read=f"^({re.escape(EVENTS_EXCHANGE)}|{re.escape(EVENTS_LOG)}|{own})$",
        publishes="^$",
        subscribes=_TOPICS,
    )


def consumer_permissions(vhost: str, name: str) -> dict[str, Any]:
    """Return the permissions of a consumer's user and the limits of all consumers' queues, as
    RabbitMQ definitions.

    A queue without a reader loses its oldest events at 1 GiB and is deleted after 14 days; the
    event log still has them.
    """
    access, user = consumer_access(name), consumer_user(name)
    return {
        "permissions": [
            {"user": user, "vhost": vhost, "configure": access.configure, "write": access.write, "read": access.read}
        ],
        "topic_permissions": [
            {
                "user": user,
                "vhost": vhost,
                "exchange": EVENTS_EXCHANGE,
                "write": access.publishes,
                "read": access.subscribes,
            }
        ],
        # A policy with `expires` does not apply to a stream, which then gets the second one.
        "parameters": [
            _limits(vhost, "consumers.limits", 2, {"max-length-bytes": _QUEUE_BYTES, "expires": _EXPIRES_MS}),
            _limits(vhost, "consumers.streams.limits", 1, {"max-length-bytes": _QUEUE_BYTES}),
        ],
    }


def _limits(vhost: str, name: str, priority: int, definition: dict[str, int]) -> dict[str, Any]:
    """Return an operator policy, which the arguments of a queue cannot exceed."""
    rule = {"pattern": f"^{re.escape(USER_PREFIX)}", "apply-to": "queues", "priority": priority}
    value = {**rule, "definition": definition}
    return {"vhost": vhost, "component": "operator_policy", "name": name, "value": value}


def consumer_limits() -> dict[str, int]:
    """Return the limits of connections of one consumer's user."""
    return dict(_LIMITS)
