"""Supervision of background tasks, so that none ends unnoticed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger("mailtally.supervision")


class Supervisor:
    """Holds the long-running tasks of a service.

    The first one that ends on its own is a failure: the service is no longer ready, and the process
    should be replaced by whatever runs it.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._before_stop: list[Callable[[], None]] = []
        self.failed = asyncio.Event()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work`, which must go on until it is cancelled."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def start_step(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work`, which may end, such as waiting for a server; only an error is a failure."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._step_ended)

    def before_stop(self, call: Callable[[], None]) -> None:
        """Register `call` for the begin of a stop, while connections are still open."""
        self._before_stop.append(call)

    def begin_stop(self) -> None:
        """Run the registered calls; the server calls this when the stop begins."""
        for call in self._before_stop:
            call()

    async def alive(self) -> bool:
        """Return whether every task still runs."""
        return bool(self._tasks) and not self.failed.is_set()

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _step_ended(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._ended(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if self._stopping:
            return
        error = None if task.cancelled() else task.exception()
        logger.critical(
            "a background task ended", extra={"event": "background_task_ended", "task": task.get_name()}, exc_info=error
        )
        self.failed.set()
