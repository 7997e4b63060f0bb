"""The batcher: collects received messages into few large writes, and acknowledges them afterwards."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from services.status.audit_log import log_status_change
from services.status.change_publisher import ChangePublisher
from services.status.consumer.received_message import ReceivedMessage, events_by_task, requested_cleanup
from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository
from services.status.task_cleanup import TaskCleanup
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.topology import STATUS_SCAN_EVENTS
from shared.observability.telemetry import record_processed


class Batcher:
    """Writes what arrived during the last write, at most `limit` events at once.

    `linger` (seconds) is how long a batch waits for more events. With 0 a batch does not wait, and
    the load decides its size.
    """

    def __init__(
        self,
        *,
        repository: TaskRepository,
        cleanup: TaskCleanup,
        dead_letters: DeadLetters,
        changes: ChangePublisher,
        metrics: StatusMetrics,
        limit: int,
        linger: float,
    ) -> None:
        self._repository = repository
        self._cleanup = cleanup
        self._dead_letters = dead_letters
        self._changes = changes
        self._metrics = metrics
        self._limit = limit
        self._linger = linger
        self._waiting: deque[ReceivedMessage] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, message: ReceivedMessage) -> None:
        """Add a message. The prefetch of the consumer bounds how many wait."""
        self._waiting.append(message)
        self._arrived.set()
        self._idle.clear()

    async def run(self) -> None:
        """Write batches until cancelled."""
        while True:
            await self._arrived.wait()
            if self._linger > 0:
                await asyncio.sleep(self._linger)
            size = min(len(self._waiting), self._limit)
            await self._handle([self._waiting.popleft() for _ in range(size)])
            if not self._waiting:
                self._arrived.clear()
                self._idle.set()

    async def drain(self) -> None:
        """Wait until every message that was added is handled."""
        await self._idle.wait()

    async def _handle(self, messages: Sequence[ReceivedMessage]) -> None:
        """Acknowledge each message when its event is committed, has no effect, or is kept as a dead
        letter.

        Dead letters come last, so that the other messages of the batch do not wait for them.
        """
        completed_before = requested_cleanup(messages)
        if completed_before is not None:
            await self._cleanup.request(completed_before)
        began_ns = time.time_ns()
        outcome = await self._repository.write(events_by_task(messages))
        refused = {id(item.event): item.reason for item in outcome.refused}
        dead = []
        for message in messages:
            reason = message.error if message.event is None else refused.get(id(message.event))
            if reason is None:
                message.mark_processed()
            else:
                dead.append((message, reason))
        await self._acknowledge(messages)
        self._metrics.observe_batch(outcome, len(messages))
        record_processed(STATUS_SCAN_EVENTS, (item.event for item in messages if item.event is not None), began_ns)
        for change in outcome.committed:
            log_status_change(change)
            self._changes.enqueue(change.after)
        for message, reason in dead:
            await self._dead_letters.add(message.body, queue=STATUS_SCAN_EVENTS, reason=reason, headers=message.headers)
            message.mark_processed()
        if dead:
            await self._acknowledge(messages)

    async def _acknowledge(self, messages: Sequence[ReceivedMessage]) -> None:
        for acknowledger in {message.acknowledger for message in messages}:
            await acknowledger.flush()
