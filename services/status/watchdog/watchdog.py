"""The watchdog: no task stays PENDING without an answer, and no cancel takes for ever."""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing

from pymongo.errors import PyMongoError

from services.status.lease import HeldLease, Lease
from services.status.merge_rules import TaskDocument
from services.status.metrics import StatusMetrics
from services.status.watchdog.events import forced_cancel_event, redrive_event, stalled_event
from services.status.watchdog.redrive_policy import Exhausted, Redrive, RedriveReason, decide
from services.status.watchdog.repository import WatchdogRepository
from shared.errors import PublishError
from shared.messaging.publishing import Publisher
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.status.watchdog")

LEASE = dt.timedelta(seconds=30)
_LONGEST_INTERVAL_SECONDS = 10.0


class Watchdog:
    """Publishes the events that are missing, which return through the fold like all others; it
    writes no task.

    Silence means something only while events arrive. So the watchdog acts only after it has held
    the lease for as long as the silence it looks for, and releases the lease when its broker or the
    consumer of its own replica fails: after an outage every task has the whole time again. Two
    watchdogs at once are harmless: they publish the same events, and a redrive is counted once.
    """

    def __init__(
        self,
        *,
        lease: Lease,
        tasks: WatchdogRepository,
        publisher: Publisher,
        metrics: StatusMetrics,
        is_consuming: Callable[[], Awaitable[bool]],
        redrive_after: dt.timedelta,
        cancel_grace: dt.timedelta,
    ) -> None:
        self._lease = lease
        self._tasks = tasks
        self._publisher = publisher
        self._metrics = metrics
        self._is_consuming = is_consuming
        self._redrive_after = redrive_after
        self._cancel_grace = cancel_grace

    async def run(self) -> None:
        """Check again and again until cancelled, with pauses well below either limit."""
        await self._tasks.create_indexes()
        shortest = min(self._redrive_after, self._cancel_grace).total_seconds()
        every_s = min(shortest / 4, _LONGEST_INTERVAL_SECONDS)
        await run_periodically(
            self.check, name="watchdog", every_s=every_s, logger=logger, transient=(PyMongoError,), at_once=True
        )

    async def check(self) -> None:
        """Check all tasks once if this process gets the lease. Raises pymongo's errors."""
        if not await self._is_consuming():
            await self._lease.release()
            return
        lease = await self._lease.acquire()
        if lease is None:
            return
        try:
            await self._force_cancels(lease)
            await self._redrive_silent(lease)
        except PublishError as error:
            facts = {"event": "watchdog_paused", "reason": type(error).__name__}
            logger.warning("watchdog paused", extra=facts)
            await self._lease.release()

    async def _force_cancels(self, lease: HeldLease) -> None:
        if lease.now - lease.since < self._cancel_grace:
            return
        tasks = await self._tasks.overdue_cancels(lease.now - self._cancel_grace)
        await _run_all(self._force_cancel(task) for task in tasks)

    async def _redrive_silent(self, lease: HeldLease) -> None:
        if lease.now - lease.since < self._redrive_after:
            return
        async with aclosing(self._tasks.silent_tasks(lease.now - self._redrive_after)) as pages:
            async for page in pages:
                renewed = await self._lease.acquire()
                if renewed is None:
                    return
                await self._handle_page(page, renewed.now)

    async def _handle_page(self, page: Sequence[TaskDocument], now: dt.datetime) -> None:
        last = await self._tasks.last_redrives(page)
        await _run_all(self._handle_silent(task, last.get(task["_id"]), now) for task in page)

    async def _handle_silent(self, task: TaskDocument, last: Redrive | None, now: dt.datetime) -> None:
        decision = decide(task["version"], last, now=now, timeout=self._redrive_after)
        if isinstance(decision, Exhausted):
            await self._publisher.publish(stalled_event(task, decision.at))
            logger.warning("task failed as stalled", extra={"event": "task_stalled", "task_id": task["_id"]})
        elif decision is not None:
            await self._redrive(task, last, decision)

    async def _redrive(self, task: TaskDocument, last: Redrive | None, redrive: Redrive) -> None:
        """Publish, then record: a crash between the two costs one more redrive, not one fewer."""
        event = redrive_event(task)
        if event is not None:
            await self._publisher.publish(event)
        if await self._tasks.record(task["_id"], last, redrive) and event is not None:
            # Only events of a scanner write `_latest`: a scan that waits has been answered before.
            self._metrics.redriven(RedriveReason.WAITING if "_latest" in task else RedriveReason.SILENT)

    async def _force_cancel(self, task: TaskDocument) -> None:
        await self._publisher.publish(forced_cancel_event(task, self._cancel_grace))
        logger.warning("cancel forced", extra={"event": "cancel_forced", "task_id": task["_id"]})


async def _run_all(work: Iterable[Awaitable[None]]) -> None:
    """Run all of it, at the pace of the publisher; raise the first error only after everything else
    is done."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
