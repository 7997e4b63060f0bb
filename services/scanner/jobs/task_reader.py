"""Reader of `scanning_tasks`, which the status service writes."""

from collections.abc import Sequence
from typing import Final

from shared.events import TERMINAL
from shared.mongo import Collection, Document

TERMINAL_STATUSES: Final = (*(status.value for status in TERMINAL), "SUCCESS")
"""Includes SUCCESS, which documents of an older system have."""


class TaskReader:
    """Answers what the tasks show."""

    def __init__(self, tasks: Collection) -> None:
        self._tasks = tasks

    async def ended(self, task_id: str) -> bool:
        """Return whether the task has a terminal status."""
        return bool(await self._ids({"_id": task_id, "status": {"$in": list(TERMINAL_STATUSES)}}))

    async def cancelled_or_ended(self, task_ids: Sequence[str]) -> set[str]:
        """Return the ids of those tasks whose cancel was requested, or that have a terminal status."""
        over = [{"cancel_requested_at": {"$type": "date"}}, {"status": {"$in": list(TERMINAL_STATUSES)}}]
        return await self._ids({"_id": {"$in": list(task_ids)}, "$or": over})

    async def _ids(self, condition: Document) -> set[str]:
        return {str(task["_id"]) async for task in self._tasks.find(condition, {"_id": 1})}
