"""Removes old tasks that have ended, when an administrator has asked for it.

What was asked for is kept as one date that only ever grows: so the event may come twice, two replicas may clean up at
the same time, and a rebuild knows which tasks of the stream are gone for good.
"""

import asyncio
import datetime as dt
import logging

from services.status.repository import COLLECTION as TASKS
from shared.backoff import delays
from shared.events import LEGACY_DONE, TERMINAL
from shared.mongo import UNAVAILABLE, Database

logger = logging.getLogger("mailtally.status.cleanups")

_ID = "tasks"
_ENDED = [*sorted(TERMINAL), LEGACY_DONE]
_AT_ONCE = 500
_EVERY_SECONDS = 5.0


class Cleanups:
    """Writes `status_cleanups`, and deletes from `scanning_tasks`."""

    def __init__(self, database: Database) -> None:
        self._cleanups = database["status_cleanups"]
        self._tasks = database[TASKS]

    async def ask(self, completed_before: dt.datetime) -> None:
        """Have the tasks removed that ended before this; returns when that is stored, however long it takes."""
        for delay in delays():
            try:
                wish = {"$max": {"completed_before": completed_before}}
                await self._cleanups.update_one({"_id": _ID}, wish, upsert=True)
                return
            except UNAVAILABLE as error:
                logger.warning("the database is away", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    async def limit(self) -> dt.datetime | None:
        """Tasks that ended before this are gone, or will be."""
        asked = await self._cleanups.find_one({"_id": _ID})
        return asked["completed_before"] if asked else None

    async def run(self) -> None:
        """Remove what there is to remove, again and again until cancelled."""
        while True:
            try:
                await self.remove()
            except UNAVAILABLE as error:
                logger.warning("not cleaning up", extra={"reason": type(error).__name__})
            await asyncio.sleep(_EVERY_SECONDS)

    async def remove(self) -> int:
        """Remove all that was asked for, a few at a time; returns how many. Does nothing when that is done."""
        asked = await self._cleanups.find_one({"_id": _ID})
        if asked is None or asked.get("done") == asked["completed_before"]:
            return 0
        old = {"status": {"$in": _ENDED}, "completed_at": {"$lt": asked["completed_before"]}}
        removed = 0
        while ids := [task["_id"] async for task in self._tasks.find(old, {"_id": 1}).limit(_AT_ONCE)]:
            removed += (await self._tasks.delete_many({**old, "_id": {"$in": ids}})).deleted_count
        done = {"$set": {"done": asked["completed_before"]}}
        await self._cleanups.update_one({"_id": _ID, "completed_before": asked["completed_before"]}, done)
        logger.info("old tasks removed", extra={"tasks": removed})
        return removed
