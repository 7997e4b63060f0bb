"""Fan-out of task changes to the event streams of this process. Pure asyncio: no broker, no HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from shared.events import Task

MAX_PENDING = 1_000
MAX_SEEN = 10_000


class Lagging(Exception):
    """The client is so far behind that it had better come back and read afresh."""


class Subscription:
    """What one stream has yet to send: of each task the newest state only, so that a slow client costs little memory
    and skips what is out of date."""

    def __init__(self, user_id: str, task_id: str | None = None) -> None:
        self.user_id = user_id
        self.task_id = task_id
        self._pending: dict[str, Task] = {}
        self._seen: dict[str, int] = {}
        self._lagging = False
        self._arrived = asyncio.Event()

    def offer(self, task: Task) -> None:
        """Take the task unless it is older than, or the same as, what was offered before."""
        if task.version <= self._seen.get(task.task_id, -1):
            return
        self._seen[task.task_id] = task.version
        self._pending[task.task_id] = task
        self._lagging = len(self._pending) > MAX_PENDING or len(self._seen) > MAX_SEEN
        self._arrived.set()

    def skip(self, task_id: str, version: int) -> None:
        """The client has this version already."""
        self._seen[task_id] = version

    async def take(self, timeout: float) -> list[Task]:  # noqa: ASYNC109 (an empty list is the answer, no error)
        """What has arrived, oldest first; an empty list after `timeout` seconds. Raises `Lagging`."""
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return []
        if self._lagging:
            raise Lagging
        self._arrived.clear()
        taken = list(self._pending.values())
        self._pending.clear()
        return taken


class Hub:
    """Who follows what."""

    def __init__(self) -> None:
        self._by_user: dict[str, set[Subscription]] = {}

    @contextmanager
    def subscription(self, user_id: str, task_id: str | None = None) -> Iterator[Subscription]:
        """Follow one task, or all tasks of the user."""
        subscription = Subscription(user_id, task_id)
        self._by_user.setdefault(user_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            followers = self._by_user[user_id]
            followers.discard(subscription)
            if not followers:
                del self._by_user[user_id]

    @property
    def followers(self) -> int:
        """How many streams follow."""
        return sum(map(len, self._by_user.values()))

    def publish(self, task: Task) -> None:
        """Hand a changed task to everyone who follows it. Never waits."""
        for subscription in self._by_user.get(task.user_id or "", ()):
            if subscription.task_id in (None, task.task_id):
                subscription.offer(task)
