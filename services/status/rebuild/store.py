"""A temporary store of tasks as the event log alone gives them, so that memory does not grow with
their number.

It is a file that is deleted with the process, and no second collection: the service's database user
needs no further permission, runs do not affect each other, and a comparison writes nothing to the
database.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import bson
from bson.codec_options import CodecOptions

from services.status.bulk_write import UNENCODABLE
from services.status.fold import fold_events
from services.status.merge_rules import TaskDocument
from services.status.transitions import STEPS, is_terminal
from shared.events import Event, decode

_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
_TABLES = """
CREATE TABLE tasks (id TEXT PRIMARY KEY, document BLOB);
CREATE TABLE ends (number INTEGER PRIMARY KEY, task TEXT, body BLOB, UNIQUE (task, body));
"""


class RebuildStore:
    """Folds events, in any number of batches, into one document for each task.

    Terminal events are kept apart, since which of two counts is decided when the document is read.
    The fold gives the same whenever they are applied.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # an empty name makes a temporary file
        self._file.executescript(_TABLES)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def add(self, events: Iterable[Event[Any]]) -> None:
        """Fold a batch in.

        An event that no database can store is left out, as the service refuses it.
        """
        to_fold: dict[str, list[Event[Any]]] = {}
        with self._file:
            for event in events:
                announced = STEPS[type(event.data)].announces
                if not _is_storable(event):
                    continue
                if announced is not None and is_terminal(announced):
                    end = (event.data.task_id, event.to_bytes())
                    self._file.execute("INSERT OR IGNORE INTO ends (task, body) VALUES (?, ?)", end)
                    to_fold.setdefault(event.data.task_id, [])
                else:
                    to_fold.setdefault(event.data.task_id, []).append(event)
            for task_id, new in to_fold.items():
                document = self._document(task_id)
                document = fold_events(document, new).document if new else document
                row = (task_id, bson.encode(document) if document is not None else None)
                self._file.execute("INSERT OR REPLACE INTO tasks (id, document) VALUES (?, ?)", row)

    def ids(self) -> Iterator[str]:
        """Yield the ids of all tasks; nothing may be added meanwhile."""
        return (task_id for (task_id,) in self._file.execute("SELECT id FROM tasks ORDER BY id"))

    def task(self, task_id: str, stored: TaskDocument | None) -> TaskDocument:
        """Return a task without `version`.

        Of two terminal events the one that `stored` took counts, else the first.
        """
        document = self._document(task_id)
        rows = self._file.execute("SELECT body FROM ends WHERE task = ? ORDER BY number", (task_id,))
        ends = sorted((decode(body) for (body,) in rows), key=lambda end: _preference(end, stored or {}))
        folded = fold_events(document, ends).document if ends or document is None else document
        return {name: value for name, value in folded.items() if name != "version"}

    def _document(self, task_id: str) -> TaskDocument | None:
        row = self._file.execute("SELECT document FROM tasks WHERE id = ?", (task_id,)).fetchone()
        return bson.decode(row[0], _CODEC) if row is not None and row[0] is not None else None


def _preference(end: Event[Any], stored: TaskDocument) -> tuple[bool, bool]:
    """Return a sort key that puts the stored end first.

    An event published twice may differ in its time.
    """
    return end.id != stored.get("_ended_by"), end.time != stored.get("completed_at")


def _is_storable(event: Event[Any]) -> bool:
    try:
        bson.encode(fold_events(None, [event]).document)
    except UNENCODABLE:
        return False
    return True
