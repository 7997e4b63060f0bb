"""Dead letters: messages that cannot be handled, kept with the reason in the dead-letter queue of
their queue."""

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
"""How often the message has become a dead letter: it may fail again after it was redriven."""

_REASON_LENGTH = 500


class DeadLetters:
    """Publishes copies of messages to the dead-letter queues."""

    def __init__(self, publisher: Publisher, registry: CollectorRegistry) -> None:
        self._publisher = publisher
        self._dead_lettered = Counter(
            "mailtally_dead_lettered", "Messages put into a dead-letter queue", ["queue"], registry=registry
        )
        for queue in WORK_QUEUES:
            self._dead_lettered.labels(queue.name)  # from zero on, so that the first one is visible to increase()

    async def add(self, body: bytes, *, queue: str, reason: str, headers: Mapping[str, Any] | None = None) -> None:
        """Keep `body` in `<queue>.dead`; returns when the broker has stored it, so that the caller
        may acknowledge.

        `reason` is a sentence that quotes nothing of the body. Headers of the original that are
        text are kept.
        """
        kept = {key: value for key, value in (headers or {}).items() if isinstance(value, str)}
        tries = kept.get(TRIES_HEADER, "")
        own = {
            QUEUE_HEADER: queue,
            REASON_HEADER: reason[:_REASON_LENGTH],
            AT_HEADER: utc_now().isoformat(),
            TRIES_HEADER: str(int(tries) + 1 if tries.isdecimal() else 1),
        }
        await self._publisher.send_until_confirmed(
            body, exchange=DEAD_EXCHANGE, routing_key=queue, headers={**kept, **own}
        )
        self._dead_lettered.labels(queue).inc()
        facts = {"event": "message_dead_lettered", "queue": queue, "reason": reason[:_REASON_LENGTH]}
        logger.error("message dead-lettered", extra=facts)
