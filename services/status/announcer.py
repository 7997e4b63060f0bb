"""Tells everyone that tasks have changed, as `task.changed.v1`: after the commit, fire and forget."""

import asyncio
import logging
import time
from itertools import islice

from services.status.joins import TaskDocument
from shared.errors import PublishError
from shared.events import TaskChanged, new_event, task_fields
from shared.publishing import Publisher

logger = logging.getLogger("mailtally.status.announcer")

_AT_ONCE = 64
_MOST_WAITING = 10_000


class Announcer:
    """Publishes the newest version of each task that changed; never waits for the broker, never fails a batch.

    A version that is overtaken before its turn is left out. Past 10,000 waiting tasks the one that waits longest is
    dropped: whoever misses an event reads the task itself.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: dict[str, TaskDocument] = {}
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def changed(self, task: TaskDocument) -> None:
        """Announce a committed document soon."""
        self._waiting[task["_id"]] = task
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._changed.set()
        self._idle.clear()

    async def run(self) -> None:
        """Publish until cancelled. A task is in flight once at a time, so that its versions keep their order.

        While more is waiting, it pauses for as long as publishing took: under load newer versions overtake older ones
        meanwhile, and the time goes to the writes.
        """
        while True:
            await self._changed.wait()
            began = time.monotonic()
            tasks = [self._waiting.pop(task_id) for task_id in tuple(islice(self._waiting, _AT_ONCE))]
            await asyncio.gather(*(self._announce(task) for task in tasks))
            if self._waiting:
                await asyncio.sleep(time.monotonic() - began)
            else:
                self._changed.clear()
                self._idle.set()

    async def drain(self) -> None:
        """Wait until all changes are announced or given up."""
        await self._idle.wait()

    async def _announce(self, task: TaskDocument) -> None:
        data = TaskChanged.model_validate(task_fields(task))
        event = new_event(data, service="status", sequence=data.version, time=data.updated_at)
        try:
            await self._publisher.publish(event, mandatory=False)
        except PublishError as error:
            logger.warning("a change was not announced", extra={"reason": type(error).__name__})
