"""Fan-out of task changes to the event streams of this process. Pure asyncio: no broker, no
connection, no clock.

A change is encoded once, however many streams follow it. A stream costs a set entry and an event,
and wakes up only when there is something to send.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from shared.events import TERMINAL, Task

MAX_PENDING = 1_000
MAX_SEEN = 10_000
PING = b": still here\n\n"
PING_GROUPS = 15
"""The number of groups in which streams are pinged, one after the other instead of all at once."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A version of a task in its wire form (WHATWG HTML section 9.2)."""

    task_id: str
    user_id: str
    version: int
    is_last: bool
    data: bytes
    chunk: bytes
    """The same in chunked transfer coding (RFC 9112 section 7.1)."""


def frame_of(task: Task) -> Frame:
    """Encode the task as `event: task`, with its version as id."""
    data = f"id: {task.version}\nevent: task\ndata: {task.model_dump_json()}\n\n".encode()
    chunk = b"%x\r\n%b\r\n" % (len(data), data)
    return Frame(task.task_id, task.user_id or "", task.version, task.status in TERMINAL, data, chunk)


class SubscriberLaggingError(Exception):
    """Raised when a client is so far behind that it should reconnect and read afresh."""


class Subscription:
    """Frames that one stream has yet to send.

    It keeps the newest version of each task only, so that a slow client costs little memory and
    skips what is out of date.
    """

    def __init__(self, user_id: str, task_id: str | None = None, group: int = 0) -> None:
        self.user_id = user_id
        self.task_id = task_id
        self.group = group
        self.push: Callable[[Frame], bool] | None = None
        """Sends a frame at once and returns True, unless something else is on its way to the
        client."""
        self.ping_due = False
        self._closed = False
        self._pending: dict[str, Frame] = {}
        self._seen: dict[str, int] = {}
        self._open: set[str] = set()
        self._woken = asyncio.Event()

    def offer(self, frame: Frame) -> None:
        """Take the frame unless it is the same as, or older than, what was offered before."""
        if frame.version <= self._seen.get(frame.task_id, -1):
            return
        self._seen[frame.task_id] = frame.version
        if frame.is_last:
            self._open.discard(frame.task_id)
        else:
            self._open.add(frame.task_id)
        if self.push is not None and not self._pending and self.push(frame):
            return
        self._pending[frame.task_id] = frame
        self._woken.set()

    def skip(self, task_id: str, version: int) -> None:
        """Record that the client has this version already."""
        self._seen[task_id] = version
        self._open.add(task_id)

    def seen(self, task_id: str) -> int:
        """Return the newest version offered; -1 if none."""
        return self._seen.get(task_id, -1)

    @property
    def unfinished(self) -> Iterable[str]:
        """Return the tasks whose terminal version has not been offered yet."""
        return self._open

    def ping(self) -> None:
        """Have the stream send a ping and check whether it may go on."""
        self.ping_due = True
        self._woken.set()

    def close(self) -> None:
        """Let the stream end."""
        self._closed = True
        self._woken.set()

    def is_closed(self) -> bool:
        """Return whether the stream shall end, once it has sent what it has."""
        return self._closed

    async def take(self) -> list[Frame]:
        """Wait for frames, oldest first, or to be woken (an empty list). Raises
        `SubscriberLaggingError`."""
        await self._woken.wait()
        if len(self._pending) > MAX_PENDING or len(self._seen) > MAX_SEEN:
            raise SubscriberLaggingError
        self._woken.clear()
        taken = list(self._pending.values())
        self._pending.clear()
        return taken


class Hub:
    """The subscriptions of this process, by user."""

    def __init__(self) -> None:
        self._by_user: dict[str, set[Subscription]] = {}
        self._groups = count()
        self._closed = False

    @contextmanager
    def subscription(self, user_id: str, task_id: str | None = None) -> Iterator[Subscription]:
        """Follow one task, or all tasks of the user."""
        subscription = Subscription(user_id, task_id, next(self._groups) % PING_GROUPS)
        self._by_user.setdefault(user_id, set()).add(subscription)
        if self._closed:
            subscription.close()
        try:
            yield subscription
        finally:
            followers = self._by_user[user_id]
            followers.discard(subscription)
            if not followers:
                del self._by_user[user_id]

    @property
    def subscriptions(self) -> list[Subscription]:
        """Return all open subscriptions."""
        return [subscription for followers in self._by_user.values() for subscription in followers]

    def publish(self, task: Task) -> None:
        """Offer a changed task to everyone who follows it. Never waits."""
        followers = self._by_user.get(task.user_id or "")
        if not followers:
            return
        frame = None
        for subscription in followers:
            if subscription.task_id in (None, task.task_id):
                frame = frame or frame_of(task)
                subscription.offer(frame)

    def ping_group(self, group: int) -> None:
        """Ping one of the `PING_GROUPS` groups."""
        for subscription in self.subscriptions:
            if subscription.group == group:
                subscription.ping()

    def close(self) -> None:
        """End all streams properly, and those to come as well, because the process stops."""
        self._closed = True
        for subscription in self.subscriptions:
            subscription.close()
