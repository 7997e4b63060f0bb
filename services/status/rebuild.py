"""Holds the stored tasks against the stream of events, and mends those that differ, while the system works.

In place and not by swapping a collection in: what the service commits between the last look at the stream and the swap
would be lost with its acknowledged events. Each document is written by compare and swap, like every other write.
"""

import asyncio
import datetime as dt
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import bson
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.status.merge_rules import TaskDocument
from services.status.rebuild_store import Scratch
from services.status.repository import COLLECTION
from services.status.task_cleanup import Cleanups
from services.status.transitions import STEPS, is_terminal
from shared.errors import MalformedEvent
from shared.events import Event, decode
from shared.messaging.event_log import EventLog
from shared.messaging.topology import STATUS_SCAN_EVENTS
from shared.mongo import Database, Document

_AT_ONCE = 500
_ROUNDS = 5
_LISTED = 1_000
_DUPLICATE_KEY = 11000
_OF_THE_FOLD = ("_id", "_requested", "_traceparent", "_latest", "_ended_by")


@dataclass(frozen=True, slots=True)
class Difference:
    """A task whose stored document is not what its events make: field -> (stored, rebuilt), None for absent."""

    task_id: str
    fields: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Findings:
    """`events` read, `tasks` that they are of, `different` ones (the first 1,000 are listed), how many were `mended`.

    `incomplete`: the stream no longer has their beginning, so nothing is said of them. `lacking`: they tell of an event
    that the stream lacks, and know better (a stream may lose what RabbitMQ confirmed just before it was killed).
    `unsettled`: they kept changing.
    """

    events: int = 0
    tasks: int = 0
    incomplete: int = 0
    lacking: int = 0
    different: int = 0
    mended: int = 0
    unsettled: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A task as it is stored and as the stream gives it."""

    task_id: str
    stored: TaskDocument | None
    rebuilt: TaskDocument
    fields: dict[str, tuple[Any, Any]]

    @property
    def fingerprint(self) -> int:
        """The same as long as neither side changes."""
        return zlib.crc32(bson.encode({"stored": self.stored, "rebuilt": self.rebuilt}))

    @property
    def is_lacking(self) -> bool:
        """Whether the stored task tells of an event that the stream does not have."""
        return not _told_of(self.stored or {}) <= _told_of(self.rebuilt)

    def operation(self) -> InsertOne[Document] | UpdateOne:
        if self.stored is None:
            return InsertOne({**self.rebuilt, "version": 1})
        version = self.stored.get("version")
        values = {name: self.rebuilt[name] for name in self.fields if name in self.rebuilt}
        gone = {name: "" for name in self.fields if name not in self.rebuilt}
        update: Document = {"$set": {**values, "version": (version or 0) + 1}, **({"$unset": gone} if gone else {})}
        return UpdateOne({"_id": self.task_id, "version": version}, update)


class Rebuild:
    """One comparison. `patience` (seconds): a task that differs must have stood still for so long, since an event may
    be on its way to the service; after `longest` in all, those that still change are left out."""

    def __init__(
        self,
        *,
        log: EventLog,
        database: Database,
        scratch: Scratch,
        report: Callable[[int], None],
        patience: float = 5.0,
        longest: float = 60.0,
    ) -> None:
        self._log = log
        self._tasks = database[COLLECTION]
        self._cleanups = Cleanups(database)
        self._scratch = scratch
        self._report = report
        self._patience = patience
        self._longest = longest
        self._oldest: Event[Any] | None = None
        self._lacking = set[str]()
        self._findings = Findings()

    async def verify(self) -> Findings:
        """Compare and change nothing."""
        await self._find()
        return self._findings

    async def mend(self) -> Findings:
        """Compare, and write what the stream says where it differs, until nothing does."""
        still = await self._find()
        for _ in range(_ROUNDS):
            if not still:
                break
            self._findings.mended += await self._write(still)
            still, moving = await self._settle(still)
            self._findings.unsettled += moving
        self._findings.unsettled += len(still)
        return self._findings

    async def _find(self) -> dict[str, int]:
        await self._catch_up()
        self._findings.tasks = sum(1 for _ in self._scratch.ids())
        if self._log.first != 0:
            tasks = (self._scratch.task(task_id, None) for task_id in self._scratch.ids())
            self._findings.incomplete = sum(not self._is_complete(task) for task in tasks)
        still, self._findings.unsettled = await self._settle(self._scratch.ids())
        self._findings.different = len(still)
        for pair in await self._pairs(list(islice(still, _LISTED))):
            self._findings.differences.append(Difference(pair.task_id, pair.fields))
        return still

    async def _settle(self, ids: Iterable[str]) -> tuple[dict[str, int], int]:
        """The tasks that differ and stand still, with their fingerprints; and how many differ and do not."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._longest
        suspects = await self._look(ids)
        still: dict[str, int] = {}
        while suspects and clock() < deadline:
            await asyncio.sleep(self._patience)
            behind = await self._log.is_behind(STATUS_SCAN_EVENTS)
            await self._catch_up()
            now = await self._look(suspects)
            if not behind:
                still |= {task_id: seen for task_id, seen in now.items() if suspects[task_id] == seen}
            suspects = {task_id: seen for task_id, seen in now.items() if task_id not in still}
        self._findings.lacking += len(still.keys() & self._lacking)
        return {task_id: seen for task_id, seen in still.items() if task_id not in self._lacking}, len(suspects)

    async def _catch_up(self) -> None:
        async for bodies in self._log.read_on():
            events = list(_events(bodies))
            if self._oldest is None and events:
                self._oldest = events[0]
            self._scratch.add(events)
            self._findings.events += len(events)
            self._report(self._findings.events)

    async def _look(self, ids: Iterable[str]) -> dict[str, int]:
        """The tasks that differ, with their fingerprints."""
        different: dict[str, int] = {}
        rest = iter(ids)
        while block := list(islice(rest, _AT_ONCE)):
            for pair in await self._pairs(block):
                different[pair.task_id] = pair.fingerprint
                (self._lacking.add if pair.is_lacking else self._lacking.discard)(pair.task_id)
        return different

    async def _pairs(self, ids: list[str]) -> list[_Pair]:
        """Those of the tasks that differ."""
        stored = {task["_id"]: task async for task in self._tasks.find({"_id": {"$in": ids}})}
        removed_before = await self._cleanups.limit()  # read last: nothing is removed before this is stored
        pairs = (self._pair(task_id, stored.get(task_id)) for task_id in ids)
        return [
            pair
            for pair in pairs
            if pair is not None and pair.fields and not _is_removed(pair.stored, pair.rebuilt, removed_before)
        ]

    def _pair(self, task_id: str, stored: TaskDocument | None) -> _Pair | None:
        """None for a task that the stream does not know from its beginning on."""
        rebuilt = self._scratch.task(task_id, stored)
        if not self._is_complete(rebuilt) or (stored is not None and _is_legacy(stored, rebuilt)):
            return None
        known = stored or {}
        fields = {
            name: (known.get(name), rebuilt.get(name))
            for name in sorted(known.keys() | rebuilt.keys())
            if _is_compared(name) and ((name in known) != (name in rebuilt) or known.get(name) != rebuilt.get(name))
        }
        return _Pair(task_id, stored, rebuilt, fields)

    def _is_complete(self, rebuilt: TaskDocument) -> bool:
        """Whether the stream holds all events of a task: it forgets the oldest first, and the request comes first."""
        if self._log.first == 0:
            return True
        since = self._oldest.time if self._oldest is not None else None
        return bool(since and rebuilt.get("_requested") and rebuilt["created_at"] >= since)

    async def _write(self, still: dict[str, int]) -> int:
        """Write those that stand as they stood, and return how many nobody else was quicker to change.

        They have been so since before the stream was read last, so that what is written holds every event that they do.
        """
        written = 0
        rest = iter(still)
        while block := list(islice(rest, _AT_ONCE)):
            pairs = [pair for pair in await self._pairs(block) if pair.fingerprint == still[pair.task_id]]
            if not pairs:
                continue
            try:
                result = await self._tasks.bulk_write([pair.operation() for pair in pairs], ordered=False)
                written += result.matched_count + result.inserted_count
            except BulkWriteError as error:
                if any(item["code"] != _DUPLICATE_KEY for item in error.details["writeErrors"]):
                    raise
                written += error.details["nMatched"] + error.details["nInserted"]
        return written


def _events(bodies: Iterable[bytes]) -> Iterator[Event[Any]]:
    """The events that say something about a task; the service sets the others aside as well."""
    for body in bodies:
        try:
            event = decode(body)
        except MalformedEvent:
            continue
        if type(event.data) in STEPS:
            yield event


def _is_compared(name: str) -> bool:
    return name in _OF_THE_FOLD or (not name.startswith("_") and name != "version")


def _told_of(task: TaskDocument) -> set[str]:
    """The ids of the events that a document names; somebody may have written anything into it by hand."""
    history = task.get("history")
    entries = [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
    named = [task.get("_ended_by"), *(entry.get("event_id") for entry in entries)]
    return {event_id for event_id in named if isinstance(event_id, str)}


def _is_removed(stored: TaskDocument | None, rebuilt: TaskDocument, before: dt.datetime | None) -> bool:
    """Whether a task is gone because an administrator asked for it."""
    ended_at = rebuilt.get("completed_at")
    return stored is None and before is not None and ended_at is not None and bool(ended_at < before)


def _is_legacy(stored: TaskDocument, rebuilt: TaskDocument) -> bool:
    """Whether a task had ended in an older system, whose events the stream does not have."""
    ended_elsewhere = is_terminal(stored.get("status", "")) and "_ended_by" not in stored
    return ended_elsewhere and not stored.get("_requested") and not rebuilt.get("_requested")
