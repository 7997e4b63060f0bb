"""What the watchdog reads of the tasks, and what it keeps of its own: the last attempt for each silent one."""

import asyncio
import dataclasses
import datetime as dt
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from services.status.merge_rules import TaskDocument
from services.status.repository import COLLECTION as TASKS
from services.status.watchdog.redrive_policy import Attempt
from shared.backoff import delays
from shared.events import TaskStatus
from shared.mongo import UNAVAILABLE, Database

logger = logging.getLogger("mailtally.status.watchdog")

ATTEMPTS = "status_redrives"

PAGE = 200
"""Most tasks that are looked at together."""

_KEPT_SECONDS = 24 * 3600

ATTEMPT_INDEXES = [IndexModel([("due", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS)]

_FIELDS = ("user_id", "account_id", "scan_type", "months", "full", "created_at", "cancel_requested_at", "version")
_PROJECTION = dict.fromkeys(("task_id", *_FIELDS, "_requested", "_latest", "_traceparent"), 1)


class WatchedTasks:
    """Queries by index. A task that no event has reached, of an older system, has no version and is left alone."""

    def __init__(self, database: Database) -> None:
        self._tasks = database[TASKS]
        self._attempts = database[ATTEMPTS]

    async def prepare(self) -> None:
        """Let attempts go a day after they were due, as often as it takes for the database to be there."""
        for delay in delays():
            try:
                await self._attempts.create_indexes(ATTEMPT_INDEXES)
                return
            except UNAVAILABLE as error:
                logger.warning("the database is not there yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    async def silent(self, before: dt.datetime) -> AsyncGenerator[list[TaskDocument], None]:
        """All PENDING tasks with no event since `before`, page by page, the longest silent first."""
        condition = {"status": TaskStatus.PENDING.value, "updated_at": {"$lt": before}, "version": {"$gte": 1}}
        cursor = self._tasks.find(condition, _PROJECTION, batch_size=PAGE).sort("updated_at", ASCENDING)
        try:
            while page := await cursor.to_list(PAGE):
                yield page
        finally:
            await cursor.close()

    async def overdue(self, before: dt.datetime) -> list[TaskDocument]:
        """Some of the tasks that should have been cancelled, by a wish from before `before`, and have not ended."""
        going_on = [TaskStatus.PENDING.value, TaskStatus.PROGRESS.value]
        condition = {
            "status": {"$in": going_on},
            "cancel_requested_at": {"$lt": before},
            "version": {"$gte": 1},
        }
        return await self._tasks.find(condition, _PROJECTION).to_list(PAGE)

    async def attempts(self, tasks: Sequence[TaskDocument]) -> Mapping[str, Attempt]:
        """The last attempt for each of the tasks that there was one for."""
        found = self._attempts.find({"_id": {"$in": [task["_id"] for task in tasks]}})
        return {kept.pop("_id"): Attempt(**kept) async for kept in found}

    async def note(self, task_id: str, last: Attempt | None, attempt: Attempt) -> bool:
        """Keep an attempt in place of the `last`; False if another watchdog did so meanwhile."""
        kept = dataclasses.asdict(attempt)
        if last is not None:
            replaced = await self._attempts.replace_one({"_id": task_id, **dataclasses.asdict(last)}, kept)
            return bool(replaced.matched_count)
        try:
            await self._attempts.insert_one({"_id": task_id, **kept})
        except DuplicateKeyError:
            return False
        return True
