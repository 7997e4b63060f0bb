"""The repository of `scanning_tasks`: it folds events into tasks with optimistic locking, beside
any other writer."""

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.status.bulk_write import bulk_write
from services.status.fold import fold_events
from services.status.merge_rules import TaskDocument
from services.status.outcome import Batch, BatchOutcome, PendingChange, RefusedEvent
from services.status.write_cache import WriteCache
from shared.backoff import delays
from shared.events import LEGACY_DONE, Event, TaskStatus
from shared.mongo import UNAVAILABLE, Database

logger = logging.getLogger("mailtally.status.repository")

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
"""Errors of folding over a document whose fields have other types, as an older system may have left
it."""

COLLECTION = "scanning_tasks"

_OPEN = (TaskStatus.PENDING.value, TaskStatus.PROGRESS.value)
_TERMINAL = tuple(status.value for status in TaskStatus if status.value not in _OPEN)

INDEXES = [
    IndexModel([("user_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("user_id", ASCENDING), ("status", ASCENDING)]),
    IndexModel([("status", ASCENDING)]),
    IndexModel([("account_id", ASCENDING), ("status", ASCENDING)]),
    # For the watchdog. Partial, so that the progress of a running scan, the most frequent write, changes no index.
    IndexModel([("updated_at", ASCENDING)], partialFilterExpression={"status": TaskStatus.PENDING.value}),
    IndexModel(
        [("status", ASCENDING), ("cancel_requested_at", ASCENDING)],
        partialFilterExpression={"cancel_requested_at": {"$exists": True}},
    ),
]


class TaskRepository:
    """Reads and writes tasks in the product's database (read and write concern majority)."""

    def __init__(self, database: Database) -> None:
        self._tasks = database[COLLECTION]
        self._cache = WriteCache()

    async def create_indexes(self) -> None:
        """Create the indexes; retry while the database is unavailable."""
        for delay in delays():
            try:
                await self._tasks.create_indexes(INDEXES)
                return
            except UNAVAILABLE as error:
                _log_unavailable(error)
                await asyncio.sleep(delay)

    async def count_open(self) -> dict[str, int]:
        """Count the tasks of each status that is not terminal, from the index alone."""
        return await self._count(_OPEN)

    async def count_terminal(self) -> dict[str, int]:
        """Count the tasks of each terminal status, from the index alone: some two seconds for a
        million of them."""
        counts = await self._count((*_TERMINAL, LEGACY_DONE))
        counts[TaskStatus.DONE.value] += counts.pop(LEGACY_DONE)
        return counts

    async def _count(self, statuses: Sequence[str]) -> dict[str, int]:
        cursor = self._tasks.aggregate(
            [
                {"$match": {"status": {"$in": [*statuses]}}},
                {"$group": {"_id": "$status", "tasks": {"$sum": 1}}},
            ]
        )
        counts = {group["_id"]: group["tasks"] async for group in cursor}
        return {status: counts.get(status, 0) for status in statuses}

    async def oldest_updates(self) -> dict[str, dt.datetime | None]:
        """Return, for each status that is not terminal, when its most silent task was updated last.

        Reads the documents of the running tasks: some ten microseconds each.
        """
        return {status: await self._oldest_update(status) for status in _OPEN}

    async def _oldest_update(self, status: str) -> dt.datetime | None:
        oldest = await self._tasks.find_one(
            # In documents of an older system it may be anything.
            {"status": status, "updated_at": {"$type": "date"}},
            {"updated_at": 1, "_id": 0},
            sort=[("updated_at", ASCENDING)],
        )
        return None if oldest is None else oldest["updated_at"]

    async def disk_usage(self) -> tuple[float, float]:
        """Return the used bytes and the size of the disk that holds the database."""
        stats = await self._tasks.database.command("dbStats")
        return stats["fsUsedSize"], stats["fsTotalSize"]

    async def write(self, batch: Batch) -> BatchOutcome:
        """Fold a batch into its tasks and return when a majority has it, however long the database
        is unavailable.

        Folds over what this replica committed last, or else reads; writes where the version is
        still the one that was folded over; reads and repeats what another writer changed first. In
        each round some writer succeeds with each document, so it ends. What cannot be stored is
        tried once more, each event alone, and then refused.
        """
        return await self._write(batch, alone=False)

    async def _write(self, batch: Batch, *, alone: bool) -> BatchOutcome:
        outcome = BatchOutcome()
        first_changes: dict[str, PendingChange] = {}
        todo = dict(batch)
        guesses: Mapping[str, TaskDocument | None] = self._cache.guess(todo)
        pauses = delays(first=0.002, cap=1.0)
        while todo:
            try:
                await self._round(todo, guesses, first_changes, outcome, alone=alone)
            except UNAVAILABLE as error:
                _log_unavailable(error)
            if todo:
                self._cache.invalidate(todo)
                guesses = {}
                await asyncio.sleep(next(pauses))
        return outcome

    async def _round(
        self,
        todo: dict[str, Sequence[Event[Any]]],
        guesses: Mapping[str, TaskDocument | None],
        first_changes: dict[str, PendingChange],
        outcome: BatchOutcome,
        *,
        alone: bool,
    ) -> None:
        """Write once, over the guesses and what is read of the other tasks.

        Removes from `todo` what is done. `first_changes` keeps the first change of each task that
        may have been written.
        """
        stored = {**guesses, **await self._read([task_id for task_id in todo if task_id not in guesses])}
        changes = {}
        for task_id, events in tuple(todo.items()):
            before = stored.get(task_id)
            try:
                folded = fold_events(before, events)
            except _UNREADABLE as error:
                if before is None:
                    raise
                reason = f"the stored task cannot be read ({type(error).__name__})"
                outcome.refused += [RefusedEvent(event, reason) for event in events]
                del todo[task_id]
                continue
            if before is None or folded.document is not before:
                changes[task_id] = PendingChange(events, before, folded)
                continue
            del todo[task_id]
            if task_id in first_changes:  # written in a round whose answer was lost, or by another replica meanwhile
                outcome.committed.append(first_changes[task_id].committed(before))
            else:
                outcome.without_effect += [ignored for ignored in folded.ignored if ignored is not None]
        if changes:
            await self._write_changes(changes, todo, first_changes, outcome, alone=alone)

    async def _write_changes(
        self,
        changes: Mapping[str, PendingChange],
        todo: dict[str, Sequence[Event[Any]]],
        first_changes: dict[str, PendingChange],
        outcome: BatchOutcome,
        *,
        alone: bool,
    ) -> None:
        for task_id, change in changes.items():
            first_changes.setdefault(task_id, change)
        result = await bulk_write(self._tasks, changes)
        for task_id in result.committed:
            task = changes[task_id].folded.document
            self._cache.put(task)
            outcome.committed.append(changes[task_id].committed(task))
            del todo[task_id]
        for task_id, reason in result.unstorable.items():
            for event in changes[task_id].events:
                if alone:
                    outcome.refused.append(RefusedEvent(event, reason))
                else:
                    outcome.extend(await self._write({task_id: [event]}, alone=True))
            del todo[task_id]
        for task_id in result.existing:
            if first_changes[task_id] is changes[task_id]:  # the first one, which certainly wrote nothing
                del first_changes[task_id]

    async def _read(self, task_ids: Sequence[str]) -> dict[str, TaskDocument]:
        """Read the tasks as a majority has stored them."""
        if not task_ids:
            return {}
        stored = await self._tasks.find({"_id": {"$in": task_ids}}).to_list(None)
        return {task["_id"]: task for task in stored}


def _log_unavailable(error: Exception) -> None:
    logger.warning("database unavailable", extra={"event": "database_unavailable", "reason": type(error).__name__})
