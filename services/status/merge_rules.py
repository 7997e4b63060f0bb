"""The merge rules of the fold: how each field of a task follows from its events.

Each rule is a join of a semilattice, as in a state-based CRDT: the result is the same in any order
and with any repetition of its operands. A rule changes the document in place and returns whether it
did. Null changes nothing and is never stored.
"""

import datetime as dt
from typing import Any, TypeAlias

TaskDocument: TypeAlias = dict[str, Any]
"""A task as MongoDB keeps it.

Names with a leading underscore are internal to the fold; absent means null.
"""

MAX_HISTORY_PER_RANK = 100
"""Entries of one rank that a history holds: more than a scan needs, and few enough to keep
documents small."""


def merge_min(task: TaskDocument, field: str, value: Any) -> bool:
    """Keep the least value."""
    known = task.get(field)
    if value is None or (known is not None and known <= value):
        return False
    task[field] = value
    return True


def merge_max(task: TaskDocument, field: str, value: Any) -> bool:
    """Keep the greatest value."""
    known = task.get(field)
    if value is None or (known is not None and known >= value):
        return False
    task[field] = value
    return True


def merge_created_at(task: TaskDocument, time: dt.datetime, *, requested: bool) -> bool:
    """Keep the least time; a time from the request replaces times guessed from other events."""
    if requested and not task.get("_requested"):
        task["_requested"] = True
        task["created_at"] = time
        return True
    return requested == task.get("_requested", False) and merge_min(task, "created_at", time)


def merge_latest(
    task: TaskDocument, *, rank: int, sequence: str, event_id: str, text: str, scanned: int, found: int
) -> bool:
    """Keep the values of the latest event as one value, so that its text never stands beside
    another event's numbers.

    The sequence stays text: 20 zero-padded digits sort correctly and are more than 64 bits.
    """
    value = {"rank": rank, "sequence": sequence, "id": event_id, "text": text, "scanned": scanned, "found": found}
    known = task.get("_latest")
    if known is not None and tuple(known.values()) >= tuple(value.values()):
        return False
    task["_latest"] = value
    return True


def merge_history(task: TaskDocument, *, rank: int, status: str, at: dt.datetime, event_id: str, detail: str) -> bool:
    """Keep the union of the lifecycle events by id, ordered by lifecycle and time; of each rank the
    first ones."""
    entry = {"status": status, "at": at, "event_id": event_id, "detail": detail, "_rank": rank}
    history: list[dict[str, Any]] = task.get("history", [])
    others = [known for known in history if known["event_id"] != event_id]
    if len(others) < len(history):
        (known,) = (known for known in history if known["event_id"] == event_id)
        if _order(known) <= _order(entry):
            return False
    of_rank = [known for known in others if known["_rank"] == rank]
    if len(of_rank) >= MAX_HISTORY_PER_RANK:
        if _order(entry) > _order(of_rank[-1]):
            return False
        others.remove(of_rank[-1])
    task["history"] = sorted([*others, entry], key=_order)
    return True


def _order(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["_rank"], entry["at"], entry["event_id"], entry["detail"], entry["status"]
