"""What this replica has committed last, as a guess at what is stored now: a good one while it is the only writer.

A wrong guess costs a round trip and nothing else: a write over it finds another version and changes nothing. An event
that changes nothing in a document that a majority had will never change anything in it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.status.merge_rules import TaskDocument
from services.status.transitions import is_terminal
from shared.events import Event, ScanRequested

_MOST = 4_000
"""Tasks kept, about 5 kB each; those whose last event is longest ago go first."""
_DISTRUST = 200
"""Batches for which nothing is guessed after a wrong guess: another replica is at work on the same tasks."""


class Committed:
    """Remembers committed documents of tasks that go on; whoever recalls one must not change it."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, TaskDocument] = OrderedDict()
        self._distrust = 0

    def keep(self, task: TaskDocument) -> None:
        """Remember a document that a majority has."""
        task_id = task["_id"]
        if is_terminal(task["status"]):
            self._tasks.pop(task_id, None)
            return
        self._tasks[task_id] = task
        self._tasks.move_to_end(task_id)
        if len(self._tasks) > _MOST:
            self._tasks.popitem(last=False)

    def recall(self, batch: Mapping[str, Sequence[Event[Any]]]) -> dict[str, TaskDocument | None]:
        """A guess for as many tasks of the batch as possible; None: there is no document, since the task begins."""
        if self._distrust:
            self._distrust -= 1
            return {}
        guesses: dict[str, TaskDocument | None] = {}
        for task_id, events in batch.items():
            if task_id in self._tasks:
                guesses[task_id] = self._tasks[task_id]
            elif isinstance(events[0].data, ScanRequested):
                guesses[task_id] = None
        return guesses

    def mistaken(self, task_ids: Iterable[str]) -> None:
        """Forget tasks of which something else is stored, or may be, and guess nothing for a while if one was known."""
        known = [self._tasks.pop(task_id) for task_id in task_ids if task_id in self._tasks]
        if known:
            self._distrust = _DISTRUST
