"""Outside consumers: what a system that is not ours may do on the broker, as data.

It may bind queues of its own to the events exchange and read the stream. It publishes nowhere, not even through a
dead-letter exchange of its queues.
"""

import re
from typing import Any

from shared.access import BrokerAccess
from shared.messaging.topology import EVENTS_EXCHANGE, EVENTS_LOG

USER_PREFIX = "consumer."
"""Of users and of queues: `consumer.NAME` owns the queues `consumer.NAME.*`."""
NAME_PATTERN = r"[a-z][a-z0-9-]{0,39}"
"""No dot: one name's queues can then never be under another's prefix."""

_TOPICS = r"^((scan|invoice)\.[a-z_*#.0-9]+|(task\.changed|webhook\.disabled)\.(v[0-9]+|\*|#))$"
"""Binding keys as they are written: `#` alone, which would match everything, is none of these."""
_LIMITS = {"max-connections": 20, "max-channels": 100}
_QUEUE_BYTES = 1024**3
_UNUSED_MS = 14 * 24 * 3600 * 1000


def is_name(name: str) -> bool:
    """Whether a consumer may be called so."""
    return re.fullmatch(NAME_PATTERN, name) is not None


def consumer_user(name: str) -> str:
    """The RabbitMQ user of a consumer, and the first words of its queues' names."""
    return f"{USER_PREFIX}{name}"


def consumer_access(name: str) -> BrokerAccess:
    """Configure and bind its own queues, read those, the events exchange and the stream; publish nothing."""
    own = rf"{re.escape(consumer_user(name))}\..+"
    return BrokerAccess(
        configure=f"^{own}$",
        # RabbitMQ asks for the right to write to a queue before it binds it. No exchange can be called so and be bound
        # to anything that is not the consumer's.
        write=f"^{own}$",
        read=f"^({re.escape(EVENTS_EXCHANGE)}|{re.escape(EVENTS_LOG)}|{own})$",
        publishes="^$",
        subscribes=_TOPICS,
    )


def consumer_permissions(vhost: str, name: str) -> dict[str, Any]:
    """The rights of a consumer's user and the limits of all consumers' queues, as RabbitMQ definitions.

    A queue that nobody reads loses its oldest events at 1 GiB and is deleted after 14 days; the stream still has them.
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
        # A stream takes no policy that has `expires`, and then the next best one.
        "parameters": [
            _limits(vhost, "consumers.limits", 2, {"max-length-bytes": _QUEUE_BYTES, "expires": _UNUSED_MS}),
            _limits(vhost, "consumers.streams.limits", 1, {"max-length-bytes": _QUEUE_BYTES}),
        ],
    }


def _limits(vhost: str, name: str, priority: int, definition: dict[str, int]) -> dict[str, Any]:
    """An operator policy: unlike a policy, no argument of a queue goes beyond it."""
    rule = {"pattern": f"^{re.escape(USER_PREFIX)}", "apply-to": "queues", "priority": priority}
    value = {**rule, "definition": definition}
    return {"vhost": vhost, "component": "operator_policy", "name": name, "value": value}


def consumer_limits() -> dict[str, int]:
    """User limits: what one consumer may take of the broker."""
    return dict(_LIMITS)
