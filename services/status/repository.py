"""The collection `scanning_tasks`: events are folded into it by compare and swap, so that any number may write."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.errors import BSONError
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, WTimeoutError

from services.status.fold import Folded, Ignored, apply
from services.status.joins import TaskDocument
from shared.events import LEGACY_DONE, Event, TaskStatus
from shared.mongo import UNAVAILABLE, Database, Document
from shared.retry import delays

logger = logging.getLogger("mailtally.status.repository")

COLLECTION = "scanning_tasks"

_INDEXES = [
    IndexModel([("user_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("status", ASCENDING)]),
    IndexModel([("account_id", ASCENDING), ("status", ASCENDING)]),
    # The watchdog's. Partial, so that the progress of a running scan, the most frequent write, changes no index.
    IndexModel([("updated_at", ASCENDING)], partialFilterExpression={"status": TaskStatus.PENDING.value}),
    IndexModel(
        [("status", ASCENDING), ("cancel_requested_at", ASCENDING)],
        partialFilterExpression={"cancel_requested_at": {"$exists": True}},
    ),
]
_DUPLICATE_KEY = 11000
_LARGEST_BYTES = 16 * 1024 * 1024
_UNENCODABLE = (BSONError, OverflowError, UnicodeError)

Batch = Mapping[str, Sequence[Event[Any]]]
"""Task id -> its events, in the order of their arrival."""


@dataclass(frozen=True, slots=True)
class Written:
    """A committed change of one task: its documents before (None: there was none) and after, and for each event why
    it changed nothing (None: it did). Another replica that held the same events may report the change as well."""

    before: TaskDocument | None
    after: TaskDocument
    events: Sequence[Event[Any]]
    ignored: Sequence[Ignored | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that cannot be stored, and why, in words that do not quote it."""

    event: Event[Any]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch. Each event is in one of the three: part of a commit, without effect, or refused."""

    written: list[Written] = field(default_factory=list)
    without_effect: list[Ignored] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take over what became of a part."""
        self.written += other.written
        self.without_effect += other.without_effect
        self.refused += other.refused


@dataclass(slots=True)
class _Attempt:
    """One task's change, as folded over the document that was read."""

    events: Sequence[Event[Any]]
    before: TaskDocument | None
    folded: Folded

    def operation(self) -> InsertOne[Document] | UpdateOne:
        if self.before is None:
            return InsertOne(self.folded.document)
        return UpdateOne(
            {"_id": self.before["_id"], "version": self.before.get("version")},
            _changes(self.before, self.folded.document),
        )

    def written(self, after: TaskDocument) -> Written:
        return Written(self.before, after, self.events, self.folded.ignored)


class TaskRepository:
    """Reads and writes tasks in the product's database (read and write concern majority)."""

    def __init__(self, database: Database) -> None:
        self._tasks = database[COLLECTION]

    async def prepare(self) -> None:
        """Create the indexes, as often as it takes for the database to be there."""
        for delay in delays():
            try:
                await self._tasks.create_indexes(_INDEXES)
                return
            except UNAVAILABLE as error:
                logger.warning("the database is not there yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    async def count_by_status(self) -> dict[str, int]:
        """How many tasks there are of each status, from the index alone."""
        cursor = self._tasks.aggregate(
            [
                {"$match": {"status": {"$in": [*(status.value for status in TaskStatus), LEGACY_DONE]}}},
                {"$group": {"_id": "$status", "tasks": {"$sum": 1}}},
            ]
        )
        counted = {group["_id"]: group["tasks"] async for group in cursor}
        counted[TaskStatus.DONE.value] = counted.get(TaskStatus.DONE.value, 0) + counted.pop(LEGACY_DONE, 0)
        return {status.value: counted.get(status.value, 0) for status in TaskStatus}

    async def write(self, batch: Batch) -> Outcome:
        """Fold a batch into its tasks and return when a majority has it, however long the database is away.

        Reads, folds, writes where the version is still the one that was read, and repeats what another writer was
        quicker to change: each round somebody wins each document, so it ends.
        """
        outcome = Outcome()
        tried: dict[str, _Attempt] = {}
        todo = dict(batch)
        pauses = delays(first=0.002, cap=1.0)
        while todo:
            try:
                await self._round(todo, tried, outcome)
            except UNAVAILABLE as error:
                logger.warning("the database is away", extra={"reason": type(error).__name__})
            if todo:
                await asyncio.sleep(next(pauses))
        return outcome

    async def _round(self, todo: dict[str, Sequence[Event[Any]]], tried: dict[str, _Attempt], outcome: Outcome) -> None:
        """One read and one write. Takes out of `todo` what is settled; `tried` keeps each task's first attempt."""
        stored = {task["_id"]: task async for task in self._tasks.find({"_id": {"$in": list(todo)}})}
        attempts = {}
        for task_id, events in tuple(todo.items()):
            before = stored.get(task_id)
            folded = apply(before, events)
            if before is None or folded.document is not before:
                attempts[task_id] = _Attempt(events, before, folded)
                tried.setdefault(task_id, attempts[task_id])
                continue
            del todo[task_id]
            if task_id in tried:  # written in a round whose answer was lost, or by another replica meanwhile
                outcome.written.append(tried[task_id].written(before))
            else:
                outcome.without_effect += [why for why in folded.ignored if why is not None]
        if attempts:
            for task_id, fault in (await self._store(attempts)).items():
                attempt = attempts[task_id]
                if fault is None:
                    outcome.written.append(attempt.written(attempt.folded.document))
                else:
                    outcome.add(await self._separate(attempt, fault))
                del todo[task_id]

    async def _store(self, attempts: Mapping[str, _Attempt]) -> dict[str, str | None]:
        """Write all that can be written; returns what is settled: the tasks written (None) or impossible (the fault).

        MongoDB tells how many updates found their version, not which: if one did not, all are read again.
        """
        try:
            result = await self._tasks.bulk_write([item.operation() for item in attempts.values()], ordered=False)
        except BulkWriteError as error:
            if error.details["writeConcernErrors"]:
                raise WTimeoutError("no majority has the write yet") from error
            names = list(attempts)
            errors = [item for item in error.details["writeErrors"] if item["code"] != _DUPLICATE_KEY]
            return {names[item["index"]]: f"the database refused it with code {item['code']}" for item in errors}
        except _UNENCODABLE:
            # One such document keeps the driver from sending any of them.
            faults = {task_id: _fault(item.folded.document) for task_id, item in attempts.items()}
            if not any(faults.values()):
                raise
            return {task_id: fault for task_id, fault in faults.items() if fault is not None}
        if result.matched_count + result.inserted_count < len(attempts):
            return {}
        return dict.fromkeys(attempts)

    async def _separate(self, attempt: _Attempt, fault: str) -> Outcome:
        """Write the events of a document that cannot be stored one by one; the culprit stands alone in the end."""
        if len(attempt.events) == 1:
            return Outcome(refused=[Refused(attempt.events[0], fault)])
        outcome = Outcome()
        for event in attempt.events:
            outcome.add(await self.write({event.data.task_id: [event]}))
        return outcome


def _changes(before: TaskDocument, after: TaskDocument) -> dict[str, Any]:
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    gone = before.keys() - after.keys()
    return {"$set": changed, "$unset": dict.fromkeys(gone, "")} if gone else {"$set": changed}


def _fault(document: TaskDocument) -> str | None:
    """Why the driver refuses the document, if it does."""
    try:
        size = len(bson.encode(document))
    except _UNENCODABLE as error:
        return f"it cannot be stored ({type(error).__name__})"
    return "it makes the document larger than 16 MiB" if size > _LARGEST_BYTES else None
