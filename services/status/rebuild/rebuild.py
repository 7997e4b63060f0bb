"""The rebuild: compares the stored tasks with the event log and repairs those that differ.

Tasks are repaired in place. A swap of collections would lose what the service commits, with its
acknowledged events, between the end of the event log and the swap.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from services.status.merge_rules import TaskDocument
from services.status.rebuild.comparison import ComparedTask, FieldDifferences, compare, is_legacy, is_removed
from services.status.rebuild.store import RebuildStore
from services.status.rebuild.writing import write_rebuilt
from services.status.repository import COLLECTION
from services.status.task_cleanup import TaskCleanup
from services.status.transitions import STEPS
from shared.errors import MalformedEvent
from shared.events import Event, decode
from shared.messaging.event_log import EventLog
from shared.messaging.topology import STATUS_SCAN_EVENTS
from shared.mongo import Database

_BATCH = 500
_MAX_ROUNDS = 5
_MAX_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A task whose stored document is not what its events make."""

    task_id: str
    fields: FieldDifferences


@dataclass(slots=True)
class RebuildReport:
    """Counts of events read, of their tasks, of different ones (the first 1,000 are listed) and of
    mended ones.

    `incomplete`: the event log no longer has their beginning, so they are not compared. `lacking`:
    they name an event that the log lacks, so they are right (a stream may lose what RabbitMQ
    confirmed just before it was killed). `unsettled`: they kept changing.
    """

    events: int = 0
    tasks: int = 0
    incomplete: int = 0
    lacking: int = 0
    different: int = 0
    mended: int = 0
    unsettled: int = 0
    differences: list[Difference] = field(default_factory=list)


class Rebuild:
    """One comparison.

    `settle_s`: a task that differs must not change for so many seconds, since an event may be on
    its way to the service. `timeout_s`: tasks that still change after so long are left out.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        database: Database,
        store: RebuildStore,
        report: Callable[[int], None],
        settle_s: float = 5.0,
        timeout_s: float = 60.0,
    ) -> None:
        self._log = log
        self._tasks = database[COLLECTION]
        self._cleanup = TaskCleanup(database)
        self._store = store
        self._report_progress = report
        self._settle_s = settle_s
        self._timeout_s = timeout_s
        self._oldest: Event[Any] | None = None
        self._lacking = set[str]()
        self._report = RebuildReport()

    async def verify(self) -> RebuildReport:
        """Compare and change nothing."""
        await self._compare_all()
        return self._report

    async def repair(self) -> RebuildReport:
        """Compare, and write what the event log gives where it differs, until nothing does."""
        different = await self._compare_all()
        for _ in range(_MAX_ROUNDS):
            if not different:
                break
            self._report.mended += await self._write(different)
            different, unsettled = await self._settle(different)
            self._report.unsettled += unsettled
        self._report.unsettled += len(different)
        return self._report

    async def _compare_all(self) -> dict[str, int]:
        await self._read_events()
        self._report.tasks = sum(1 for _ in self._store.ids())
        if self._log.first_offset != 0:
            tasks = (self._store.task(task_id, None) for task_id in self._store.ids())
            self._report.incomplete = sum(not self._is_complete(task) for task in tasks)
        different, self._report.unsettled = await self._settle(self._store.ids())
        self._report.different = len(different)
        for task in await self._compare_batch(list(islice(different, _MAX_LISTED))):
            self._report.differences.append(Difference(task.task_id, task.fields))
        return different

    async def _settle(self, ids: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return the fingerprints of the tasks that differ and do not change, and the number of
        those that do."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout_s
        candidates = await self._compare(ids)
        settled: dict[str, int] = {}
        while candidates and clock() < deadline:
            await asyncio.sleep(self._settle_s)
            has_backlog = await self._log.has_backlog(STATUS_SCAN_EVENTS)
            await self._read_events()
            now = await self._compare(candidates)
            if not has_backlog:
                settled |= {task_id: seen for task_id, seen in now.items() if candidates[task_id] == seen}
            candidates = {task_id: seen for task_id, seen in now.items() if task_id not in settled}
        self._report.lacking += len(settled.keys() & self._lacking)
        return {task_id: seen for task_id, seen in settled.items() if task_id not in self._lacking}, len(candidates)

    async def _read_events(self) -> None:
        async for bodies in self._log.read_new():
            events = list(_task_events(bodies))
            if self._oldest is None and events:
                self._oldest = events[0]
            self._store.add(events)
            self._report.events += len(events)
            self._report_progress(self._report.events)

    async def _compare(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the tasks that differ, with their fingerprints."""
        different: dict[str, int] = {}
        rest = iter(ids)
        while batch := list(islice(rest, _BATCH)):
            for task in await self._compare_batch(batch):
                different[task.task_id] = task.fingerprint
                (self._lacking.add if task.knows_more else self._lacking.discard)(task.task_id)
        return different

    async def _compare_batch(self, ids: list[str]) -> list[ComparedTask]:
        """Return those of the tasks that differ."""
        stored = {task["_id"]: task async for task in self._tasks.find({"_id": {"$in": ids}})}
        cutoff = await self._cleanup.cutoff()  # read last: nothing is removed before this is stored
        compared = (self._compare_task(task_id, stored.get(task_id)) for task_id in ids)
        return [
            task
            for task in compared
            if task is not None and task.fields and not is_removed(task.stored, task.rebuilt, cutoff)
        ]

    def _compare_task(self, task_id: str, stored: TaskDocument | None) -> ComparedTask | None:
        """Return None for a task whose beginning the event log does not have."""
        rebuilt = self._store.task(task_id, stored)
        if not self._is_complete(rebuilt) or (stored is not None and is_legacy(stored, rebuilt)):
            return None
        return compare(task_id, stored, rebuilt)

    def _is_complete(self, rebuilt: TaskDocument) -> bool:
        """Return whether the log holds all events of a task: it drops the oldest first, and the
        request comes first."""
        if self._log.first_offset == 0:
            return True
        since = self._oldest.time if self._oldest is not None else None
        return bool(since and rebuilt.get("_requested") and rebuilt["created_at"] >= since)

    async def _write(self, different: dict[str, int]) -> int:
        """Write the tasks that have not changed since their fingerprint was taken, and return how
        many were written.

        They are unchanged since before the last read of the log, so the rebuilt task holds every
        event that the stored one does.
        """
        written = 0
        rest = iter(different)
        while batch := list(islice(rest, _BATCH)):
            compared = await self._compare_batch(batch)
            unchanged = [task for task in compared if task.fingerprint == different[task.task_id]]
            written += await write_rebuilt(self._tasks, unchanged)
        return written


def _task_events(bodies: Iterable[bytes]) -> Iterator[Event[Any]]:
    """Yield the events of tasks; all others are dead letters for the service as well."""
    for body in bodies:
        try:
            event = decode(body)
        except MalformedEvent:
            continue
        if type(event.data) in STEPS:
            yield event
