"""Turns the stream of deliveries into few large writes, and settles each delivery when its fate is known."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from services.status.audit_log import log_status_change
from services.status.change_publisher import Announcer
from services.status.delivery import Delivery, cleanup_of, events_by_task
from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository
from services.status.task_cleanup import Cleanups
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.topology import STATUS_SCAN_EVENTS
from shared.observability.telemetry import processed


class Batcher:
    """Writes what has arrived while the last write was under way, at most `limit` events at once.

    `linger` (seconds) is how long a batch waits for company; 0 costs no latency and lets the load set the size.
    """

    def __init__(
        self,
        *,
        repository: TaskRepository,
        cleanups: Cleanups,
        dead_letters: DeadLetters,
        announcer: Announcer,
        metrics: StatusMetrics,
        limit: int,
        linger: float,
    ) -> None:
        self._repository = repository
        self._cleanups = cleanups
        self._dead_letters = dead_letters
        self._announcer = announcer
        self._metrics = metrics
        self._limit = limit
        self._linger = linger
        self._waiting: deque[Delivery] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, delivery: Delivery) -> None:
        """Take in a delivery. The broker's prefetch bounds how many there are."""
        self._waiting.append(delivery)
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
        """Wait until all that was put is handled."""
        await self._idle.wait()

    async def _handle(self, deliveries: Sequence[Delivery]) -> None:
        """Settle each delivery when its event is committed, known to change nothing, or kept as a dead letter.

        Dead letters come last: their neighbours do not wait for them.
        """
        cleanup = cleanup_of(deliveries)
        if cleanup is not None:
            await self._cleanups.ask(cleanup)
        began_ns = time.time_ns()
        outcome = await self._repository.write(events_by_task(deliveries))
        refused = {id(item.event): item.reason for item in outcome.refused}
        dead = []
        for delivery in deliveries:
            fault = delivery.fault if delivery.event is None else refused.get(id(delivery.event))
            if fault is None:
                delivery.settle()
            else:
                dead.append((delivery, fault))
        await self._acknowledge(deliveries)
        self._metrics.observe(outcome, len(deliveries))
        processed(STATUS_SCAN_EVENTS, (one.event for one in deliveries if one.event is not None), began_ns)
        for written in outcome.written:
            log_status_change(written)
            self._announcer.changed(written.after)
        for delivery, fault in dead:
            await self._dead_letters.add(
                delivery.body, queue=STATUS_SCAN_EVENTS, reason=fault, headers=delivery.headers
            )
            delivery.settle()
        if dead:
            await self._acknowledge(deliveries)

    async def _acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        for channel in {delivery.channel for delivery in deliveries}:
            await channel.flush()
