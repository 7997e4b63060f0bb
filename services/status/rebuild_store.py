"""Tasks as the stream alone gives them, in a temporary file that goes with the process: memory does not grow with them.

A file and no second collection: the service's user needs no further right, what another run does is no concern, and
a look at the differences writes nothing to the database.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from services.status.fold import apply
from services.status.merge_rules import TaskDocument
from services.status.transitions import STEPS, is_terminal
from shared.events import Event, decode

_UNENCODABLE = (BSONError, OverflowError, UnicodeError)
_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
_TABLES = """
CREATE TABLE tasks (id TEXT PRIMARY KEY, document BLOB);
CREATE TABLE ends (number INTEGER PRIMARY KEY, task TEXT, body BLOB, UNIQUE (task, body));
"""


class Scratch:
    """Folds events, in any number of batches, into one document for each task.

    Terminal events are kept apart: which of two counts is decided when the document is asked for. The fold gives the
    same whenever they are applied.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # an empty name makes a temporary file
        self._file.executescript(_TABLES)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def add(self, events: Iterable[Event[Any]]) -> None:
        """Fold a batch in. What says something that no database can store is left out, as the service refuses it."""
        going: dict[str, list[Event[Any]]] = {}
        with self._file:
            for event in events:
                announced = STEPS[type(event.data)].announces
                if not _storable(event):
                    continue
                if announced is not None and is_terminal(announced):
                    end = (event.data.task_id, event.to_bytes())
                    self._file.execute("INSERT OR IGNORE INTO ends (task, body) VALUES (?, ?)", end)
                    going.setdefault(event.data.task_id, [])
                else:
                    going.setdefault(event.data.task_id, []).append(event)
            for task_id, new in going.items():
                document = self._document(task_id)
                document = apply(document, new).document if new else document
                row = (task_id, bson.encode(document) if document is not None else None)
                self._file.execute("INSERT OR REPLACE INTO tasks (id, document) VALUES (?, ?)", row)

    def ids(self) -> Iterator[str]:
        """All tasks; nothing may be added meanwhile."""
        return (task_id for (task_id,) in self._file.execute("SELECT id FROM tasks ORDER BY id"))

    def task(self, task_id: str, stored: TaskDocument | None) -> TaskDocument:
        """A task without its `version`. Of two terminal events the one that `stored` took wins, else the first."""
        document = self._document(task_id)
        found = self._file.execute("SELECT body FROM ends WHERE task = ? ORDER BY number", (task_id,))
        ends = sorted((decode(body) for (body,) in found), key=lambda end: _preference(end, stored or {}))
        folded = apply(document, ends).document if ends or document is None else document
        return {name: value for name, value in folded.items() if name != "version"}

    def _document(self, task_id: str) -> TaskDocument | None:
        row = self._file.execute("SELECT document FROM tasks WHERE id = ?", (task_id,)).fetchone()
        return bson.decode(row[0], _CODEC) if row is not None and row[0] is not None else None


def _preference(end: Event[Any], stored: TaskDocument) -> tuple[bool, bool]:
    """What sorts first was taken. An event that was published twice may have another time the second time."""
    return end.id != stored.get("_ended_by"), end.time != stored.get("completed_at")


def _storable(event: Event[Any]) -> bool:
    try:
        bson.encode(apply(None, [event]).document)
    except _UNENCODABLE:
        return False
    return True
