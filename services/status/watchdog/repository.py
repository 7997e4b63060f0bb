"""Queries of the watchdog for silent and overdue tasks, and its own record of the last redrive of
each."""

import asyncio
import dataclasses
import datetime as dt
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from services.status.merge_rules import TaskDocument
from services.status.repository import COLLECTION as TASKS
from services.status.watchdog.redrive_policy import Redrive
from shared.backoff import delays
from shared.events import TaskStatus
from shared.mongo import UNAVAILABLE, Database

logger = logging.getLogger("mailtally.status.watchdog")

REDRIVES = "status_redrives"

PAGE = 200
"""Most tasks that are read together."""

_KEPT_SECONDS = 24 * 3600

REDRIVE_INDEXES = [IndexModel([("due", ASCENDING)], expireAfterSeconds=_KEPT_SECONDS)]

_FIELDS = ("user_id", "account_id", "scan_type", "months", "full", "created_at", "cancel_requested_at", "version")
_PROJECTION = dict.fromkeys(("task_id", *_FIELDS, "_requested", "_latest", "_traceparent"), 1)


class WatchdogRepository:
    """Reads `scanning_tasks` by index, and writes `status_redrives`.

    A task of an older system that no event has reached has no version and is left out.
    """

    def __init__(self, database: Database) -> None:
        self._tasks = database[TASKS]
        self._redrives = database[REDRIVES]

    async def create_indexes(self) -> None:
        """Create the index that removes a redrive a day after it was due; retry while the database
        is unavailable."""
        for delay in delays():
            try:
                await self._redrives.create_indexes(REDRIVE_INDEXES)
                return
            except UNAVAILABLE as error:
                facts = {"event": "database_unavailable", "reason": type(error).__name__}
                logger.warning("database unavailable", extra=facts)
                await asyncio.sleep(delay)

    async def silent_tasks(self, before: dt.datetime) -> AsyncGenerator[list[TaskDocument], None]:
        """Yield all PENDING tasks with no event since `before`, page by page, the longest silent
        first."""
        condition = {"status": TaskStatus.PENDING.value, "updated_at": {"$lt": before}, "version": {"$gte": 1}}
        cursor = self._tasks.find(condition, _PROJECTION, batch_size=PAGE).sort("updated_at", ASCENDING)
        try:
            while page := await cursor.to_list(PAGE):
                yield page
        finally:
            await cursor.close()

    async def overdue_cancels(self, before: dt.datetime) -> list[TaskDocument]:
        """Return some of the tasks whose cancel was requested before `before` and that have not
        ended."""
        condition = {
            "status": {"$in": [TaskStatus.PENDING.value, TaskStatus.PROGRESS.value]},
            "cancel_requested_at": {"$lt": before},
            "version": {"$gte": 1},
        }
        return await self._tasks.find(condition, _PROJECTION).to_list(PAGE)

    async def last_redrives(self, tasks: Sequence[TaskDocument]) -> Mapping[str, Redrive]:
        """Return the last redrive of each of the tasks that has had one."""
        stored = self._redrives.find({"_id": {"$in": [task["_id"] for task in tasks]}})
        return {redrive.pop("_id"): Redrive(**redrive) async for redrive in stored}

    async def record(self, task_id: str, last: Redrive | None, redrive: Redrive) -> bool:
        """Store a redrive in place of the `last`; return False if another watchdog did so
        meanwhile."""
        document = dataclasses.asdict(redrive)
        if last is not None:
            replaced = await self._redrives.replace_one({"_id": task_id, **dataclasses.asdict(last)}, document)
            return bool(replaced.matched_count)
        try:
            await self._redrives.insert_one({"_id": task_id, **document})
        except DuplicateKeyError:
            return False
        return True
