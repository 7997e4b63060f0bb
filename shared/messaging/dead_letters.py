"""Messages that cannot be handled are kept, with the reason, until somebody looks at them."""

import logging
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from shared.events import utc_now
from shared.messaging.publishing import Publisher
from shared.messaging.topology import DEAD_EXCHANGE, WORK_QUEUES

logger = logging.getLogger("mailtally.dead_letters")

REASON_HEADER = "mailtally-reason"
QUEUE_HEADER = "mailtally-queue"
AT_HEADER = "mailtally-dead-at"
TRIES_HEADER = "mailtally-tries"
"""How often it was set aside: it comes back with a message that was put back and fails again."""

_REASON_LENGTH = 500


class DeadLetters:
    """Puts copies of messages into the dead-letter queue of the queue they came from."""

    def __init__(self, publisher: Publisher, registry: CollectorRegistry) -> None:
        self._publisher = publisher
        self._buried = Counter(
            "mailtally_dead_lettered", "Messages put into a dead-letter queue", ["queue"], registry=registry
        )
        for queue in WORK_QUEUES:
            self._buried.labels(queue.name)  # from zero on, so that the first one is visible to increase()

    async def bury(self, body: bytes, *, queue: str, reason: str, headers: Mapping[str, Any] | None = None) -> None:
        """Keep `body` in `<queue>.dead`; returns when it is stored, so that the caller may then acknowledge it.

        `reason` is a sentence that quotes nothing of the body. Text headers of the original travel along.
        """
        kept = {key: value for key, value in (headers or {}).items() if isinstance(value, str)}
        before = kept.get(TRIES_HEADER, "")
        told = {
            QUEUE_HEADER: queue,
            REASON_HEADER: reason[:_REASON_LENGTH],
            AT_HEADER: utc_now().isoformat(),
            TRIES_HEADER: str(int(before) + 1 if before.isdecimal() else 1),
        }
        await self._publisher.send_surely(body, exchange=DEAD_EXCHANGE, routing_key=queue, headers={**kept, **told})
        self._buried.labels(queue).inc()
        logger.error("message set aside", extra={"queue": queue, "reason": reason[:_REASON_LENGTH]})
