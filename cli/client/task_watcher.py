"""Watching scans live: the event stream, reopened whenever it breaks, with plain reads in
between."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cli.client.api import ApiClient, Json
from cli.client.task_status import OPEN, TERMINAL
from cli.errors import ApiProblemError, ApiUnreachableError

_LONGEST_WAIT_SECONDS = 30.0
_GIVE_UP_SECONDS = 300.0


@dataclass(frozen=True)
class ConnectionLost:
    """The stream broke; the scan goes on, and the next attempt is `seconds` away."""

    seconds: float


class TaskWatcher:
    """Yields each newer version of the watched tasks once, whatever the streams and reads repeat.

        A broken stream yields `ConnectionLost`, then the result of a plain read; then a new stream
    is opened. Errors that a retry cannot fix are raised, and `ApiUnreachableError` when nothing has
    answered for five minutes.
    """

    def __init__(
        self,
        api: ApiClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._sleep = sleep
        self._clock = clock
        self._versions: dict[str, int] = {}

    def watch_one(self, task_id: str) -> Iterator[Json | ConnectionLost]:
        """Watch one task until it has ended."""
        for update in self._follow(lambda: iter([self._api.scan(task_id)]), f"/v1/scans/{task_id}/events"):
            yield update
            if not isinstance(update, ConnectionLost) and update["status"] in TERMINAL:
                return

    def watch_all(self) -> Iterator[Json | ConnectionLost]:
        """Watch every task of the user that is open or changes from now on; never ends."""
        return self._follow(self._open_tasks, "/v1/events")

    def _open_tasks(self) -> Iterator[Json]:
        for status in OPEN:
            yield from self._api.scans(status=status)

    def _follow(self, read: Callable[[], Iterator[Json]], path: str) -> Iterator[Json | ConnectionLost]:
        connected_at, attempts = self._clock(), 0
        while True:
            try:
                yield from filter(self._is_newer, read())
                with self._api.events(path) as events:
                    connected_at, attempts = self._clock(), 0
                    for event in events:
                        if event.kind == "task" and self._is_newer(task := json.loads(event.data)):
                            yield task
            except ApiProblemError as problem:
                if problem.status < 500:
                    raise
            except ApiUnreachableError:
                if self._clock() - connected_at > _GIVE_UP_SECONDS:
                    raise
            seconds = min(2.0**attempts, _LONGEST_WAIT_SECONDS) * random.uniform(0.75, 1.0)  # noqa: S311  (spreads reconnects)
            attempts += 1
            yield ConnectionLost(seconds)
            self._sleep(seconds)

    def _is_newer(self, task: Json) -> bool:
        if task["version"] <= self._versions.get(task["task_id"], -1):
            return False
        self._versions[task["task_id"]] = task["version"]
        return True
