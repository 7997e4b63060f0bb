"""The tasks as everyone sees them; the status service writes them, the scanner only looks."""

from collections.abc import Sequence
from typing import Final

from shared.events import TERMINAL
from shared.mongo import Collection, Document

TERMINAL_STATUSES: Final = (*(status.value for status in TERMINAL), "SUCCESS")
"""With the word of documents that an older system left."""


class Tasks:
    """Reads `scanning_tasks`."""

    def __init__(self, tasks: Collection) -> None:
        self._tasks = tasks

    async def ended(self, task_id: str) -> bool:
        """Whether everyone can see that the task has ended."""
        return bool(await self.ended_among([task_id]))

    async def ended_among(self, task_ids: Sequence[str]) -> set[str]:
        """Those of the tasks that everyone can see ended."""
        return await self._ids({"_id": {"$in": list(task_ids)}, "status": {"$in": list(TERMINAL_STATUSES)}})

    async def over_among(self, task_ids: Sequence[str]) -> set[str]:
        """Those of the tasks that were asked to be cancelled, or have ended."""
        over = [{"cancel_requested_at": {"$type": "date"}}, {"status": {"$in": list(TERMINAL_STATUSES)}}]
        return await self._ids({"_id": {"$in": list(task_ids)}, "$or": over})

    async def _ids(self, condition: Document) -> set[str]:
        return {str(task["_id"]) async for task in self._tasks.find(condition, {"_id": 1})}
