"""Comparison of one stored task with the task that the event log gives. Pure."""

import datetime as dt
import zlib
from dataclasses import dataclass
from typing import Any

import bson

from services.status.merge_rules import TaskDocument
from services.status.transitions import is_terminal

_INTERNAL_FIELDS = ("_id", "_requested", "_traceparent", "_latest", "_ended_by")
"""Fields of the fold that are compared although they are internal."""

FieldDifferences = dict[str, tuple[Any, Any]]
"""Field -> (stored, rebuilt); None for an absent one."""


@dataclass(frozen=True, slots=True)
class ComparedTask:
    """A task as it is stored (None: it is not) and as the event log gives it, with the fields that
    differ."""

    task_id: str
    stored: TaskDocument | None
    rebuilt: TaskDocument
    fields: FieldDifferences

    @property
    def fingerprint(self) -> int:
        """Return a number that stays the same as long as neither side changes."""
        return zlib.crc32(bson.encode({"stored": self.stored, "rebuilt": self.rebuilt}))

    @property
    def knows_more(self) -> bool:
        """Return whether the stored task names an event that the event log does not have."""
        return not _event_ids(self.stored or {}) <= _event_ids(self.rebuilt)


def compare(task_id: str, stored: TaskDocument | None, rebuilt: TaskDocument) -> ComparedTask:
    """Compare the fields that the fold writes, apart from `version`."""
    known = stored or {}
    fields = {
        name: (known.get(name), rebuilt.get(name))
        for name in sorted(known.keys() | rebuilt.keys())
        if _is_compared(name) and ((name in known) != (name in rebuilt) or known.get(name) != rebuilt.get(name))
    }
    return ComparedTask(task_id, stored, rebuilt, fields)


def is_removed(stored: TaskDocument | None, rebuilt: TaskDocument, cutoff: dt.datetime | None) -> bool:
    """Return whether a task is missing because a cleanup up to `cutoff` removed it."""
    ended_at = rebuilt.get("completed_at")
    return stored is None and cutoff is not None and ended_at is not None and bool(ended_at < cutoff)


def is_legacy(stored: TaskDocument, rebuilt: TaskDocument) -> bool:
    """Return whether a task ended in an older system, whose events the event log does not have."""
    ended_elsewhere = is_terminal(stored.get("status", "")) and "_ended_by" not in stored
    return ended_elsewhere and not stored.get("_requested") and not rebuilt.get("_requested")


def _is_compared(name: str) -> bool:
    return name in _INTERNAL_FIELDS or (not name.startswith("_") and name != "version")


def _event_ids(task: TaskDocument) -> set[str]:
    """Return the ids of the events that a document names; a person may have written anything into
    it by hand."""
    history = task.get("history")
    entries = [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
    ids = [task.get("_ended_by"), *(entry.get("event_id") for entry in entries)]
    return {event_id for event_id in ids if isinstance(event_id, str)}
