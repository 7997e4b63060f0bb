"""Keeps what the database says of all tasks up to date in the metrics: how many, how silent, on how full a disk."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from pymongo.errors import PyMongoError

from services.status.metrics import StatusMetrics
from services.status.repository import TaskRepository

logger = logging.getLogger("mailtally.status.counting")

_EVERY_SECONDS = 10.0
_REST = 20
"""What takes long is asked more rarely: at most a twentieth of the time of one of the database's processors is its."""


async def keep_counting(repository: TaskRepository, metrics: StatusMetrics) -> None:
    """Ask until cancelled. Every replica shows the same numbers: they are the database's, not its own."""

    async def open_tasks() -> None:
        metrics.counted(await repository.count_open())
        metrics.silent_since(await repository.silent_since())

    async def ended_tasks() -> None:
        metrics.counted(await repository.count_ended())

    async def disk() -> None:
        used, total = await repository.disk()
        metrics.disk(used=used, total=total)

    async with asyncio.TaskGroup() as group:
        for measure in (open_tasks, ended_tasks, disk):
            group.create_task(_again_and_again(measure))


async def _again_and_again(measure: Callable[[], Awaitable[None]]) -> None:
    while True:
        began = time.monotonic()
        try:
            await measure()
        except PyMongoError as error:
            logger.warning("not measured", extra={"measure": measure.__name__, "reason": type(error).__name__})
        await asyncio.sleep(max(_EVERY_SECONDS, _REST * (time.monotonic() - began)))
