"""The life of one event stream: read, then follow, and read again from time to time."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from sse_starlette import ServerSentEvent

from services.api.live import Hub, Lagging
from shared.events import TERMINAL, Task
from shared.mongo import UNAVAILABLE

RESYNC_SECONDS = 5.0
"""Changes are announced without a guarantee: so often the documents are read again to make good what was lost."""

Read = Callable[[], Awaitable[Iterable[Task]]]


async def follow(
    hub: Hub, read: Read, *, user_id: str, task_id: str | None, seen_version: int | None, until: float
) -> AsyncIterator[ServerSentEvent]:
    """Send the tasks that `read` gives and then every change of them, newest state first come.

    Following starts before reading, so that nothing falls in between. With a `task_id` the stream ends after that
    task's terminal event. `seen_version` is what the client has already; `until` is the Unix time at which the
    client's token expires.
    """
    with hub.subscription(user_id, task_id) as subscription:
        if task_id is not None and seen_version is not None:
            subscription.skip(task_id, seen_version)
        read_again = 0.0
        while time.time() < until:
            if time.monotonic() >= read_again:
                for task in await _tried(read):
                    subscription.offer(task)
                read_again = time.monotonic() + RESYNC_SECONDS
            try:
                changed = await subscription.take(max(0.0, read_again - time.monotonic()))
            except Lagging:
                return
            for task in changed:
                yield _event(task)
                if task_id is not None and task.status in TERMINAL:
                    return


async def _tried(read: Read) -> Iterable[Task]:
    try:
        return await read()
    except UNAVAILABLE:
        return ()  # the stream stays open; the next reading makes it good


def _event(task: Task) -> ServerSentEvent:
    return ServerSentEvent(task.model_dump_json(), event="task", id=str(task.version))
