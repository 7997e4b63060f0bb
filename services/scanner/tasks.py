"""The tasks as everyone sees them; the status service writes them, the scanner only looks."""

from typing import Final

from shared.events import TERMINAL
from shared.mongo import Collection

TERMINAL_STATUSES: Final = (*(status.value for status in TERMINAL), "SUCCESS")
"""With the word of documents that an older system left."""


class Tasks:
    """Reads `scanning_tasks`."""

    def __init__(self, tasks: Collection) -> None:
        self._tasks = tasks

    async def ended(self, task_id: str) -> bool:
        """Whether everyone can see that the task has ended."""
        condition = {"_id": task_id, "status": {"$in": list(TERMINAL_STATUSES)}}
        return await self._tasks.find_one(condition, {"_id": 1}) is not None
