"""Recording every visible state of each task during a chaos test, and finding forbidden
transitions."""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from cli.client.stack_connection import StackConnection
from cli.client.task_status import TERMINAL
from cli.errors import CliError
from tools.stack.options import DATABASE

_AWAIT_MS = 500
_PAUSE_SECONDS = 0.5


class Observations:
    """The successive states of tasks: a terminal status must never change, and progress must never
    fall except to FAILURE."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.seen = 0
        self.left_terminal: list[str] = []
        self.progress_fell: list[str] = []
        self.skipped: list[str] = []
        self._last: dict[str, dict[str, Any]] = {}

    @property
    def states(self) -> Counter[str]:
        """Return the number of tasks by their last status."""
        return Counter(task["status"] for task in tuple(self._last.values()))

    def record(self, task_id: str, fields: Mapping[str, Any], *, every: bool) -> None:
        """Record a newer state of the task: the fields that may have changed. `every`: no version
        may be missing."""
        self.seen += 1
        last = self._last.get(task_id)
        now = {**(last or {}), **{name: fields[name] for name in ("status", "progress", "version") if name in fields}}
        self._last[task_id] = now
        if last is None:
            return
        transition = f"{task_id}: {_brief(last)} became {_brief(now)} ({self.source})"
        if last["status"] in TERMINAL and _left(last, now):
            self.left_terminal.append(transition)
        if now["progress"] < last["progress"] and now["status"] != "FAILURE":
            self.progress_fell.append(transition)
        if (now["version"] != last["version"] + 1) if every else (now["version"] < last["version"]):
            self.skipped.append(transition)

    def record_deletion(self, task_id: str) -> None:
        """Record that the task was deleted."""
        self.left_terminal.append(f"{task_id}: deleted ({self.source})")


class Observer:
    """Watches each commit to `scanning_tasks` and each user's live events while it is open."""

    def __init__(self, mongo_url: str, connection: StackConnection, users: Sequence[str]) -> None:
        self.commits = Observations("commit")
        self.live = {user: Observations(f"sent to {user}") for user in users}
        self._mongo_url = mongo_url
        self._connection = connection
        self._stopped = threading.Event()
        self._watching = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._commits: Future[None] | None = None

    @property
    def all(self) -> list[Observations]:
        """Return the observations of every source."""
        return [self.commits, *self.live.values()]

    def __enter__(self) -> Self:
        """Return when no further commit can be missed."""
        self._commits = self._threads.submit(self._watch_commits)
        for user in self.live:
            threading.Thread(target=self._follow, args=(user,), daemon=True).start()
        self._watching.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for all commits so far; the live streams end with their next event, or with the
        stack."""
        self._stopped.set()
        self._threads.shutdown(cancel_futures=True)
        if error is None and self._commits is not None:
            self._commits.result()

    def _watch_commits(self) -> None:
        """Follow a change stream, resumed where it broke: unlike published events, it misses
        nothing."""
        token: Any = None
        with MongoClient[dict[str, Any]](self._mongo_url, timeoutMS=10_000) as client:
            tasks = client[DATABASE]["scanning_tasks"]
            while True:
                try:
                    with tasks.watch(resume_after=token, max_await_time_ms=_AWAIT_MS) as stream:
                        while True:
                            change = stream.try_next()
                            token = stream.resume_token
                            self._watching.set()
                            if change is not None:
                                self._note(change)
                            elif self._stopped.is_set():
                                return
                except PyMongoError:
                    time.sleep(_PAUSE_SECONDS)
                    if self._stopped.is_set():
                        raise

    def _note(self, change: Mapping[str, Any]) -> None:
        task_id = str(change["documentKey"]["_id"])
        if change["operationType"] == "delete":
            self.commits.record_deletion(task_id)
        elif change["operationType"] == "update":
            self.commits.record(task_id, change["updateDescription"]["updatedFields"], every=True)
        else:
            self.commits.record(task_id, change["fullDocument"], every=True)

    def _follow(self, user: str) -> None:
        """Follow the user's event stream, reopened when it breaks: even then no task may go
        back."""
        while not self._stopped.is_set():
            try:
                with ExitStack() as open_now:
                    api = open_now.enter_context(self._connection.user(user))
                    for event in open_now.enter_context(api.events("/v1/events")):
                        if event.kind == "task" and not self._stopped.is_set():
                            task = json.loads(event.data)
                            self.live[user].record(task["task_id"], task, every=False)
            except CliError:
                self._stopped.wait(_PAUSE_SECONDS)


def _left(last: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether a terminal status has changed. Late progress of a cancelled scan is
    allowed."""
    came_further = now["status"] == "CANCELLED" and now["progress"] > last["progress"]
    return now["status"] != last["status"] or (now["progress"] != last["progress"] and not came_further)


def _brief(task: Mapping[str, Any]) -> str:
    return f"{task['status']} {task['progress']}% v{task['version']}"
