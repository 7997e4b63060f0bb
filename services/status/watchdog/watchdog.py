"""The watchdog: no task stays PENDING unheard, and no cancel takes for ever."""

import asyncio
import datetime as dt
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing

from pymongo.errors import PyMongoError

from services.status.lease import Lease, Tenure
from services.status.merge_rules import TaskDocument
from services.status.metrics import StatusMetrics
from services.status.watchdog.events import overdue, requested_again, stalled
from services.status.watchdog.redrive_policy import Attempt, GivenUp, Reason, judge
from services.status.watchdog.repository import WatchedTasks
from shared.errors import PublishError
from shared.messaging.publishing import Publisher

logger = logging.getLogger("mailtally.status.watchdog")

LEASE = dt.timedelta(seconds=30)
_LONGEST_INTERVAL_SECONDS = 10.0


class Watchdog:
    """Publishes the events that are missing, which come back through the fold like everyone's; it writes no task.

    Silence means something only while events arrive. So it acts when it has held the lease for as long as the silence
    it judges, and gives the lease back when its broker or its own replica's consumer fails: after an outage everyone
    has the whole time again. Running twice is harmless: its events are the same ones, and an attempt is counted once.
    """

    def __init__(
        self,
        *,
        lease: Lease,
        tasks: WatchedTasks,
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
        """Look again and again until cancelled, at jittered intervals well below either patience."""
        await self._tasks.prepare()
        shortest = min(self._redrive_after, self._cancel_grace).total_seconds()
        every = min(shortest / 4, _LONGEST_INTERVAL_SECONDS)
        while True:
            try:
                await self.look()
            except PyMongoError as error:
                logger.warning("not watching", extra={"reason": type(error).__name__})
            await asyncio.sleep(random.uniform(every / 2, every * 3 / 2))  # noqa: S311 (spreads load, guards nothing)

    async def look(self) -> None:
        """Look at everything once, if this one is to; raises pymongo's errors."""
        if not await self._is_consuming():
            await self._lease.release()
            return
        tenure = await self._lease.hold()
        if tenure is None:
            return
        try:
            await self._end_overdue(tenure)
            await self._redrive_silent(tenure)
        except PublishError as error:
            logger.warning("not watching", extra={"reason": type(error).__name__})
            await self._lease.release()

    async def _end_overdue(self, tenure: Tenure) -> None:
        if tenure.now - tenure.since < self._cancel_grace:
            return
        tasks = await self._tasks.overdue(tenure.now - self._cancel_grace)
        await _all(self._end(task) for task in tasks)

    async def _redrive_silent(self, tenure: Tenure) -> None:
        if tenure.now - tenure.since < self._redrive_after:
            return
        async with aclosing(self._tasks.silent(tenure.now - self._redrive_after)) as pages:
            async for page in pages:
                held = await self._lease.hold()
                if held is None:
                    return
                await self._redrive_page(page, held.now)

    async def _redrive_page(self, page: Sequence[TaskDocument], now: dt.datetime) -> None:
        last = await self._tasks.attempts(page)
        await _all(self._wake(task, last.get(task["_id"]), now) for task in page)

    async def _wake(self, task: TaskDocument, last: Attempt | None, now: dt.datetime) -> None:
        verdict = judge(task["version"], last, now=now, patience=self._redrive_after)
        if isinstance(verdict, GivenUp):
            await self._publisher.publish(stalled(task, verdict.at))
            logger.warning("task given up", extra={"task_id": task["_id"]})
        elif verdict is not None:
            await self._attempt(task, last, verdict)

    async def _attempt(self, task: TaskDocument, last: Attempt | None, attempt: Attempt) -> None:
        """Publish, then count: a crash between the two costs one more attempt, not one fewer."""
        request = requested_again(task)
        if request is not None:
            await self._publisher.publish(request)
        if await self._tasks.note(task["_id"], last, attempt) and request is not None:
            # Only what a scanner says makes this part of a task: a scan that waits has answered before.
            self._metrics.redriven(Reason.WAITING if "_latest" in task else Reason.SILENT)

    async def _end(self, task: TaskDocument) -> None:
        await self._publisher.publish(overdue(task, self._cancel_grace))
        logger.warning("cancel forced", extra={"task_id": task["_id"]})


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Do all of it, at the publisher's own pace; what fails keeps nothing else from being done, and is raised then."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
