"""The collection `scanning_tasks`: events are folded into it by compare and swap, so that any number may write."""

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.status.bulk_write import store
from services.status.fold import apply
from services.status.merge_rules import TaskDocument
from services.status.outcome import Attempt, Batch, Outcome, Refused
from services.status.write_cache import Committed
from shared.backoff import delays
from shared.events import LEGACY_DONE, Event, TaskStatus
from shared.mongo import UNAVAILABLE, Database

logger = logging.getLogger("mailtally.status.repository")

_MISFIT = (KeyError, TypeError, ValueError, AttributeError)
"""What folding raises over a document whose fields have other types: an older system may have left anything."""

COLLECTION = "scanning_tasks"

_OPEN = (TaskStatus.PENDING.value, TaskStatus.PROGRESS.value)
_ENDED = tuple(status.value for status in TaskStatus if status.value not in _OPEN)

INDEXES = [
    IndexModel([("user_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("user_id", ASCENDING), ("status", ASCENDING)]),
    IndexModel([("status", ASCENDING)]),
    IndexModel([("account_id", ASCENDING), ("status", ASCENDING)]),
    # The watchdog's. Partial, so that the progress of a running scan, the most frequent write, changes no index.
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
        self._committed = Committed()

    async def prepare(self) -> None:
        """Create the indexes, as often as it takes for the database to be there."""
        for delay in delays():
            try:
                await self._tasks.create_indexes(INDEXES)
                return
            except UNAVAILABLE as error:
                logger.warning("the database is not there yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    async def count_open(self) -> dict[str, int]:
        """How many tasks there are of each status that is no end, from the index alone."""
        return await self._count(_OPEN)

    async def count_ended(self) -> dict[str, int]:
        """How many tasks there are of each end, from the index alone: some two seconds for a million of them."""
        counted = await self._count((*_ENDED, LEGACY_DONE))
        counted[TaskStatus.DONE.value] += counted.pop(LEGACY_DONE)
        return counted

    async def _count(self, statuses: Sequence[str]) -> dict[str, int]:
        cursor = self._tasks.aggregate(
            [
                {"$match": {"status": {"$in": [*statuses]}}},
                {"$group": {"_id": "$status", "tasks": {"$sum": 1}}},
            ]
        )
        counted = {group["_id"]: group["tasks"] async for group in cursor}
        return {status: counted.get(status, 0) for status in statuses}

    async def silent_since(self) -> dict[str, dt.datetime | None]:
        """For each status that is no end, when the task of it that is silent for longest was last heard of.

        Reads the documents of the running tasks: some ten microseconds each.
        """
        return {status: await self._silent_since(status) for status in _OPEN}

    async def _silent_since(self, status: str) -> dt.datetime | None:
        found = await self._tasks.find_one(
            # A date: of an older system's documents nothing is certain.
            {"status": status, "updated_at": {"$type": "date"}},
            {"updated_at": 1, "_id": 0},
            sort=[("updated_at", ASCENDING)],
        )
        return None if found is None else found["updated_at"]

    async def disk(self) -> tuple[float, float]:
        """Used bytes and size of the disk on which the database lies."""
        said = await self._tasks.database.command("dbStats")
        return said["fsUsedSize"], said["fsTotalSize"]

    async def write(self, batch: Batch) -> Outcome:
        """Fold a batch into its tasks and return when a majority has it, however long the database is away.

        Folds over what this replica committed last, or else reads; writes where the version is still the one that was
        folded over; reads and repeats what another writer was quicker to change: each round somebody wins each
        document, so it ends. What cannot be stored is tried once more, each event alone, and then refused.
        """
        return await self._write(batch, alone=False)

    async def _write(self, batch: Batch, *, alone: bool) -> Outcome:
        outcome = Outcome()
        tried: dict[str, Attempt] = {}
        todo = dict(batch)
        guesses: Mapping[str, TaskDocument | None] = self._committed.recall(todo)
        pauses = delays(first=0.002, cap=1.0)
        while todo:
            try:
                await self._round(todo, guesses, tried, outcome, alone=alone)
            except UNAVAILABLE as error:
                logger.warning("the database is away", extra={"reason": type(error).__name__})
            if todo:
                self._committed.mistaken(todo)
                guesses = {}
                await asyncio.sleep(next(pauses))
        return outcome

    async def _round(
        self,
        todo: dict[str, Sequence[Event[Any]]],
        guesses: Mapping[str, TaskDocument | None],
        tried: dict[str, Attempt],
        outcome: Outcome,
        *,
        alone: bool,
    ) -> None:
        """One write, over what is guessed and what is read of the rest.

        Takes out of `todo` what is settled. `tried` keeps the first attempt of each task that may have been written.
        """
        stored = {**guesses, **await self._read([task_id for task_id in todo if task_id not in guesses])}
        attempts = {}
        for task_id, events in tuple(todo.items()):
            before = stored.get(task_id)
            try:
                folded = apply(before, events)
            except _MISFIT as error:
                if before is None:
                    raise
                fault = f"the stored task cannot be read ({type(error).__name__})"
                outcome.refused += [Refused(event, fault) for event in events]
                del todo[task_id]
                continue
            if before is None or folded.document is not before:
                attempts[task_id] = Attempt(events, before, folded)
                continue
            del todo[task_id]
            if task_id in tried:  # written in a round whose answer was lost, or by another replica meanwhile
                outcome.written.append(tried[task_id].written(before))
            else:
                outcome.without_effect += [why for why in folded.ignored if why is not None]
        if attempts:
            await self._store(attempts, todo, tried, outcome, alone=alone)

    async def _store(
        self,
        attempts: Mapping[str, Attempt],
        todo: dict[str, Sequence[Event[Any]]],
        tried: dict[str, Attempt],
        outcome: Outcome,
        *,
        alone: bool,
    ) -> None:
        for task_id, attempt in attempts.items():
            tried.setdefault(task_id, attempt)
        stored = await store(self._tasks, attempts)
        for task_id in stored.committed:
            task = attempts[task_id].folded.document
            self._committed.keep(task)
            outcome.written.append(attempts[task_id].written(task))
            del todo[task_id]
        for task_id, fault in stored.impossible.items():
            for event in attempts[task_id].events:
                if alone:
                    outcome.refused.append(Refused(event, fault))
                else:
                    outcome.add(await self._write({task_id: [event]}, alone=True))
            del todo[task_id]
        for task_id in stored.existing:
            if tried[task_id] is attempts[task_id]:  # the first, and it surely wrote nothing
                del tried[task_id]

    async def _read(self, task_ids: Sequence[str]) -> dict[str, TaskDocument]:
        """What a majority has stored of these tasks."""
        if not task_ids:
            return {}
        found = await self._tasks.find({"_id": {"$in": task_ids}}).to_list(None)
        return {task["_id"]: task for task in found}
