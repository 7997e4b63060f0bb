"""Server-sent event stream: the known tasks at once, then every change, until its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from prometheus_client import Gauge
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.api.live.hub import PING, Frame, Hub, SubscriberLaggingError, Subscription, frame_of
from shared.events import Task
from shared.serving import CONNECTION_KEY

Read = Callable[[], Awaitable[Iterable[Task]]]

_SEND_SECONDS = 30.0
"""A client that takes nothing for so long is disconnected; it reconnects and reads afresh."""
_RETRY = b"retry: 1000\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream(Response):
    """Server-sent events for one client (WHATWG HTML section 9.2).

    Following starts before reading, so that nothing falls in between. With a `task_id` the stream
    ends after that task's terminal event. `seen_version` is what the client has already; `until` is
    the Unix time at which the client's credential expires.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: Hub,
        read: Read,
        clients: Gauge,
        *,
        user_id: str,
        until: float,
        task_id: str | None = None,
        seen_version: int | None = None,
    ) -> None:
        self._hub = hub
        self._read = read
        self._clients = clients
        self._user_id = user_id
        self._until = until
        self._task_id = task_id
        self._seen_version = seen_version
        self.status_code = 200
        self.background = None
        self.raw_headers = list(_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream until it ends or the client disconnects."""
        with self._hub.subscription(self._user_id, self._task_id) as subscription, self._clients.track_inprogress():
            if self._task_id is not None and self._seen_version is not None:
                subscription.skip(self._task_id, self._seen_version)
            for task in await self._read():  # an unavailable database is a 503, not a silent stream
                subscription.offer(frame_of(task))
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_body_chunk(_RETRY))
            watcher = asyncio.create_task(_close_when_gone(subscription, receive))
            try:
                connection = scope.get(CONNECTION_KEY)
                await _FrameSender(subscription, send, connection, one_task=self._task_id is not None).run(self._until)
                async with asyncio.timeout(_SEND_SECONDS):
                    await send({"type": "http.response.body", "body": b""})
            except TimeoutError:
                raise ClientDisconnect from None
            finally:
                subscription.push = None
                watcher.cancel()


class _FrameSender:
    """Sends the frames of a subscription.

    Nearly always the connection takes a frame at once. Then it is written where it is published,
    without waking a task: that is what lets thousands follow one scan. Only while something else
    waits for the connection is a frame left to the task.
    """

    def __init__(
        self, subscription: Subscription, send: Send, connection: asyncio.Transport | None, *, one_task: bool
    ) -> None:
        self._subscription = subscription
        self._send = send
        self._connection = connection
        self._one_task = one_task
        self._busy = False

    async def run(self, until: float) -> None:
        """Send until the stream is closed, has sent the last frame, or reaches the Unix time
        `until`."""
        subscription = self._subscription
        if self._connection is not None:
            subscription.push = partial(self._push, self._connection)
        while time.time() < until:
            try:
                frames = await subscription.take()
            except SubscriberLaggingError:
                break
            self._busy = True
            async with asyncio.timeout(_SEND_SECONDS):
                if frames:
                    await self._send(_body_chunk(b"".join([frame.data for frame in frames])))
                elif subscription.ping_due and not subscription.is_closed():
                    await self._send(_body_chunk(PING))
            subscription.ping_due = False
            self._busy = False
            if subscription.is_closed() or (self._one_task and frames and frames[-1].is_last):
                break

    def _push(self, connection: asyncio.Transport, frame: Frame) -> bool:
        if self._busy or self._subscription.is_closed() or connection.is_closing():
            return False
        if connection.get_write_buffer_size():
            return False
        connection.write(frame.chunk)
        if self._one_task and frame.is_last:
            self._subscription.close()
        return True


async def _close_when_gone(subscription: Subscription, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.close()


def _body_chunk(data: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": True}
