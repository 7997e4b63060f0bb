"""The publisher of `task.changed.v1`: after the commit, fire and forget.

There are nearly as many of these events as writes, so they are published below FastStream and
without confirms (docs/decisions/0005).
"""

import asyncio
import logging
import time
from itertools import islice

from aiormq import spec
from aiormq.abc import AbstractChannel, AbstractConnection

from services.status.merge_rules import TaskDocument
from services.status.metrics import StatusMetrics
from services.status.task_changed_encoder import encode_task_changed
from shared.events import CONTENT_TYPE, TaskChanged
from shared.messaging.amqp_connection import keep_connected
from shared.messaging.publishing import event_headers
from shared.messaging.topology import EVENTS_EXCHANGE

logger = logging.getLogger("mailtally.status.change_publisher")

_BATCH = 64
"""Most events that are published without a pause."""
_PAUSE_SECONDS = 0.05
"""Pause between batches.

The first change after a quiet moment is published at once, the next ones wait for company: many
small turns of three processes would cost each commit more time than all else in the service.
"""
_PAUSE_FACTOR = 3
"""While more is waiting: seconds of pause for each second of publishing."""
_MAX_WAITING = 10_000


class ChangePublisher:
    """Publishes the newest version of each task that changed, on its own connection; never blocks a
    batch.

    A version that is overtaken while it waits is left out. Past 10,000 waiting tasks the one that
    waits longest is dropped: a reader that misses an event reads the task itself.
    """

    def __init__(self, url: str, metrics: StatusMetrics) -> None:
        self._url = url
        self._metrics = metrics
        self._waiting: dict[str, TaskDocument] = {}
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def enqueue(self, task: TaskDocument) -> None:
        """Publish a committed document soon."""
        self._waiting[task["_id"]] = task
        if len(self._waiting) > _MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._changed.set()
        self._idle.clear()

    async def run(self) -> None:
        """Publish until cancelled."""
        await keep_connected(self._url, self._publish_waiting, logger=logger)

    async def drain(self) -> None:
        """Wait until all changes are published."""
        await self._idle.wait()

    async def _publish_waiting(self, connection: AbstractConnection) -> None:
        """Publish in the order of the changes until the connection is lost, so that a task's
        versions keep theirs.

        Publishing takes no more than a quarter of the time: newer versions overtake older ones in
        the pauses, and the time goes to the writes.
        """
        channel = await connection.channel(publisher_confirms=False)
        channel.closing.add_done_callback(lambda _: self._changed.set())
        while not channel.is_closed:
            await self._changed.wait()
            began = time.monotonic()
            for task_id, task in tuple(islice(self._waiting.items(), _BATCH)):
                await self._publish(channel, task)
                if self._waiting.get(task_id) is task:  # no newer version meanwhile
                    del self._waiting[task_id]
            if not self._waiting:
                self._changed.clear()
                self._idle.set()
            await asyncio.sleep(max(_PAUSE_SECONDS, _PAUSE_FACTOR * (time.monotonic() - began)))

    async def _publish(self, channel: AbstractChannel, task: TaskDocument) -> None:
        event_id, body = encode_task_changed(task)
        await channel.basic_publish(
            body,
            exchange=EVENTS_EXCHANGE,
            routing_key=TaskChanged.routing_key,
            properties=spec.Basic.Properties(
                content_type=CONTENT_TYPE,
                correlation_id=task["_id"],
                delivery_mode=2,
                headers={**event_headers(event_id, task.get("_traceparent"))},
            ),
        )
        self._metrics.change_published()
