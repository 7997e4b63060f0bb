"""Watchdogs of the status service, one or several at once, on the real servers."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from prometheus_client import CollectorRegistry

from services.status.lease import Lease
from services.status.merge_rules import TaskDocument
from services.status.metrics import StatusMetrics
from services.status.watchdog.redrive_policy import Redrive
from services.status.watchdog.repository import WatchdogRepository
from services.status.watchdog.watchdog import LEASE, Watchdog
from shared import mongo
from shared.messaging.broker import publishing_broker, start_when_reachable, stop
from shared.messaging.publishing import Publisher
from tests.support.waiting import SECONDS


async def _yes() -> bool:
    return True


class Dog:
    """One watchdog, with a lease of its own so that nothing but the test decides how many are at work.

    `patience` and `grace` are seconds; with 0 every look acts.
    """

    def __init__(
        self,
        url: str,
        database: mongo.Database,
        *,
        name: str = "test",
        patience: float = 0.3,
        grace: float = 60,
        is_consuming: Callable[[], Awaitable[bool]] = _yes,
    ) -> None:
        self.registry = CollectorRegistry()
        self.broker = publishing_broker(url, service="status")
        self.tasks = _SharedTasks(database)
        self.watchdog = Watchdog(
            lease=Lease(database, name, lasts=LEASE),
            tasks=self.tasks,
            publisher=Publisher(self.broker, confirm_s=SECONDS),
            metrics=StatusMetrics(self.registry),
            is_consuming=is_consuming,
            redrive_after=dt.timedelta(seconds=patience),
            cancel_grace=dt.timedelta(seconds=grace),
        )

    def redriven(self) -> dict[str, float]:
        """How many requests it has published again and counted, by reason."""
        name = "mailtally_tasks_redriven_total"
        reasons = {reason: self.registry.get_sample_value(name, {"reason": reason}) for reason in ("silent", "waiting")}
        return {reason: number for reason, number in reasons.items() if number}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected to the broker while the context lasts."""
        await start_when_reachable(self.broker)
        try:
            yield
        finally:
            await stop(self.broker)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Looks for itself while the context lasts."""
        async with self.connected():
            work = asyncio.create_task(self.watchdog.run())
            try:
                yield
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work


class Pack:
    """Watchdogs that look at the same time: none of them acts on what it has read before all have read it."""

    def __init__(self, dogs: Iterable[Dog]) -> None:
        self.dogs = list(dogs)

    async def look(self) -> None:
        """Each looks once."""
        meeting = asyncio.Barrier(len(self.dogs))
        for dog in self.dogs:
            dog.tasks.meeting = meeting
        await asyncio.gather(*(self._look(dog, meeting) for dog in self.dogs))

    @staticmethod
    async def _look(dog: Dog, meeting: asyncio.Barrier) -> None:
        try:
            await dog.watchdog.check()
        finally:
            await meeting.abort()  # nobody waits for who has gone


class _SharedTasks(WatchdogRepository):
    """Reads, and then waits for the others of its pack."""

    meeting: asyncio.Barrier | None = None

    async def overdue_cancels(self, before: dt.datetime) -> list[TaskDocument]:
        found = await super().overdue_cancels(before)
        await self._meet()
        return found

    async def last_redrives(self, tasks: Sequence[TaskDocument]) -> Mapping[str, Redrive]:
        found = await super().last_redrives(tasks)
        await self._meet()
        return found

    async def _meet(self) -> None:
        if self.meeting is not None:
            with suppress(asyncio.BrokenBarrierError):
                await self.meeting.wait()
