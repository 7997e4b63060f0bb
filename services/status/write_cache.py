"""A cache of the documents that this replica wrote last, used as a guess at what is stored now.

While this replica is the only writer, guesses are right. A wrong guess costs one round trip: a
write over it finds another version and changes nothing. An event that changes nothing in a document
that a majority had will never change anything in it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.status.merge_rules import TaskDocument
from services.status.transitions import is_terminal
from shared.events import Event, ScanRequested

_MAX_TASKS = 4_000
"""Tasks kept, about 5 kB each. The task whose last event is oldest is evicted first."""
_COOLDOWN_BATCHES = 200
"""Batches without guesses after a wrong one, since another replica writes the same tasks."""


class WriteCache:
    """Keeps committed documents of tasks that have not ended. Readers must not change a document."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, TaskDocument] = OrderedDict()
        self._cooldown = 0

    def put(self, task: TaskDocument) -> None:
        """Keep a document that a majority has; drop the task if it has ended."""
        task_id = task["_id"]
        if is_terminal(task["status"]):
            self._tasks.pop(task_id, None)
            return
        self._tasks[task_id] = task
        self._tasks.move_to_end(task_id)
        if len(self._tasks) > _MAX_TASKS:
            self._tasks.popitem(last=False)

    def guess(self, batch: Mapping[str, Sequence[Event[Any]]]) -> dict[str, TaskDocument | None]:
        """Return the guessed documents of as many tasks as possible; None: the task begins with
        this batch."""
        if self._cooldown:
            self._cooldown -= 1
            return {}
        guesses: dict[str, TaskDocument | None] = {}
        for task_id, events in batch.items():
            if task_id in self._tasks:
                guesses[task_id] = self._tasks[task_id]
            elif isinstance(events[0].data, ScanRequested):
                guesses[task_id] = None
        return guesses

    def invalidate(self, task_ids: Iterable[str]) -> None:
        """Drop tasks whose stored document differs or may differ; pause guessing if one of them was
        cached."""
        cached = [self._tasks.pop(task_id) for task_id in task_ids if task_id in self._tasks]
        if cached:
            self._cooldown = _COOLDOWN_BATCHES
