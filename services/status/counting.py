"""Keeps what the database says of all tasks up to date in the metrics: how many, how silent, on how full a disk."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository

logger = logging.getLogger("mailtally.status.counting")

_EVERY_SECONDS = 10.0


async def keep_counting(repository: TaskRepository, metrics: StatusMetrics) -> None:
    """Count until cancelled. Every replica shows the same numbers: they are the database's, not its own."""
    while True:
        try:
            metrics.counted(await repository.count_by_status())
            metrics.silent_since(await repository.silent_since())
            used, total = await repository.disk()
            metrics.disk(used=used, total=total)
        except PyMongoError as error:
            logger.warning("tasks are not counted", extra={"reason": type(error).__name__})
        await asyncio.sleep(_EVERY_SECONDS)
