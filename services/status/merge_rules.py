"""The joins that the fold is made of. Each changes a task document in place and tells whether it did.

A join gives the same whatever the order and the number of its operands. Null joins nothing and is never stored.
"""

import datetime as dt
from typing import Any, TypeAlias

TaskDocument: TypeAlias = dict[str, Any]
"""A task as MongoDB keeps it. Names with a leading underscore are the fold's own; absent means null."""

MOST_NOTED = 100
"""Entries of one rank that a history holds: more than a scan's life has, and few enough to keep documents small."""


def least(task: TaskDocument, field: str, value: Any) -> bool:
    """The least value seen."""
    known = task.get(field)
    if value is None or (known is not None and known <= value):
        return False
    task[field] = value
    return True


def greatest(task: TaskDocument, field: str, value: Any) -> bool:
    """The greatest value seen."""
    known = task.get(field)
    if value is None or (known is not None and known >= value):
        return False
    task[field] = value
    return True


def created(task: TaskDocument, moment: dt.datetime, *, requested: bool) -> bool:
    """The least moment, where what the request says beats what other events let guess."""
    if requested and not task.get("_requested"):
        task["_requested"] = True
        task["created_at"] = moment
        return True
    return requested == task.get("_requested", False) and least(task, "created_at", moment)


def latest(task: TaskDocument, *, rank: int, sequence: str, event_id: str, text: str, scanned: int, found: int) -> bool:
    """All that the latest event said, as one value, so that a text never stands beside another event's numbers.

    The sequence stays text: 20 zero-padded digits sort rightly and are more than 64 bits.
    """
    said = {"rank": rank, "sequence": sequence, "id": event_id, "text": text, "scanned": scanned, "found": found}
    known = task.get("_latest")
    if known is not None and tuple(known.values()) >= tuple(said.values()):
        return False
    task["_latest"] = said
    return True


def noted(task: TaskDocument, *, rank: int, status: str, at: dt.datetime, event_id: str, detail: str) -> bool:
    """The union of the lifecycle events by id, in the order of the lifecycle, then of time; of each rank the first."""
    entry = {"status": status, "at": at, "event_id": event_id, "detail": detail, "_rank": rank}
    history: list[dict[str, Any]] = task.get("history", [])
    others = [known for known in history if known["event_id"] != event_id]
    if len(others) < len(history):
        (known,) = (known for known in history if known["event_id"] == event_id)
        if _order(known) <= _order(entry):
            return False
    of_rank = [known for known in others if known["_rank"] == rank]
    if len(of_rank) >= MOST_NOTED:
        if _order(entry) > _order(of_rank[-1]):
            return False
        others.remove(of_rank[-1])
    task["history"] = sorted([*others, entry], key=_order)
    return True


def _order(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["_rank"], entry["at"], entry["event_id"], entry["detail"], entry["status"]
