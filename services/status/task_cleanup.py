"""The cleanup of old tasks that have ended, on request of an administrator.

The request is kept as one date that only grows. So the event may arrive twice, two replicas may
clean up at the same time, and a rebuild knows which tasks of the event log are gone for good.
"""

import asyncio
import datetime as dt
import logging

from services.status.repository import COLLECTION as TASKS
from shared.backoff import delays
from shared.events import LEGACY_DONE, TERMINAL
from shared.mongo import UNAVAILABLE, Database
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.status.cleanup")

_ID = "tasks"
_TERMINAL = [*sorted(TERMINAL), LEGACY_DONE]
_BATCH = 500
_INTERVAL_SECONDS = 5.0


class TaskCleanup:
    """Writes `status_cleanups`, and deletes from `scanning_tasks`."""

    def __init__(self, database: Database) -> None:
        self._requests = database["status_cleanups"]
        self._tasks = database[TASKS]

    async def request(self, completed_before: dt.datetime) -> None:
        """Store the request to remove all tasks that ended before this, however long the database
        is unavailable."""
        for delay in delays():
            try:
                change = {"$max": {"completed_before": completed_before}}
                await self._requests.update_one({"_id": _ID}, change, upsert=True)
                return
            except UNAVAILABLE as error:
                facts = {"event": "database_unavailable", "reason": type(error).__name__}
                logger.warning("database unavailable", extra=facts)
                await asyncio.sleep(delay)

    async def cutoff(self) -> dt.datetime | None:
        """Return the time before which all tasks that ended are removed, or will be."""
        request = await self._requests.find_one({"_id": _ID})
        return request["completed_before"] if request else None

    async def run(self) -> None:
        """Remove what was requested, again and again until cancelled."""
        await run_periodically(self.remove, name="task cleanup", every_s=_INTERVAL_SECONDS, logger=logger, at_once=True)

    async def remove(self) -> int:
        """Remove all that was requested, in batches, and return how many; do nothing if that is
        done already."""
        request = await self._requests.find_one({"_id": _ID})
        if request is None or request.get("done") == request["completed_before"]:
            return 0
        old = {"status": {"$in": _TERMINAL}, "completed_at": {"$lt": request["completed_before"]}}
        removed = 0
        while ids := [task["_id"] async for task in self._tasks.find(old, {"_id": 1}).limit(_BATCH)]:
            removed += (await self._tasks.delete_many({**old, "_id": {"$in": ids}})).deleted_count
        done = {"$set": {"done": request["completed_before"]}}
        await self._requests.update_one({"_id": _ID, "completed_before": request["completed_before"]}, done)
        logger.info("old tasks removed", extra={"event": "tasks_removed", "tasks": removed})
        return removed
