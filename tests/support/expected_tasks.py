"""What a task must look like, stated field by field over the set of its events: no folding, no order, no memory."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import bson

from shared.events import (
    Event,
    ScanCancelled,
    ScanCancelRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanStarted,
)

ENDS = (ScanCompleted, ScanFailed, ScanCancelled)
_LIFECYCLE: list[tuple[Any, int, str]] = [
    (ScanRequested, 0, "PENDING"),
    (ScanQueued, 1, "PENDING"),
    (ScanStarted, 2, "PROGRESS"),
    (ScanCancelRequested, 3, "CANCEL_REQUESTED"),
    (ScanCompleted, 4, "DONE"),
    (ScanFailed, 4, "FAILURE"),
    (ScanCancelled, 4, "CANCELLED"),
]


def canonical(task: Mapping[str, Any]) -> bytes:
    """The bytes of a task, `version` aside. The order of keys counts inside its values, where MongoDB compares it."""
    return bson.encode({key: task[key] for key in sorted(task) if key != "version"})


def first_end(arrived: Sequence[Event[Any]]) -> Event[Any] | None:
    """The terminal event that stays when `arrived` come one after the other."""
    return next((event for event in arrived if isinstance(event.data, ENDS)), None)


def expected_task(events: Sequence[Event[Any]], end: Event[Any] | None) -> dict[str, Any]:
    """The document after `events`, `end` being the terminal event that was applied; without `version`."""
    heard = [event for event in events if not isinstance(event.data, ENDS) or event is end]

    def of(*types: type) -> list[Event[Any]]:
        return [event for event in heard if isinstance(event.data, types)]

    requests, starts, steps = of(ScanRequested), of(ScanStarted), of(ScanProgressed)
    result = getattr(end.data, "result", None) if end else None
    status = _status(end, bool(starts or steps))
    said = max((_said(event) for event in of(ScanQueued, ScanStarted, ScanProgressed)), default=None)
    started_at = min((event.time for event in starts), default=None)
    task = {
        "_id": events[0].data.task_id,
        "task_id": events[0].data.task_id,
        "user_id": min(event.data.user_id for event in events),
        "account_id": min((e.data.account_id for e in events if hasattr(e.data, "account_id")), default=None),
        "scan_type": min((event.data.scan_type for event in requests), default=None),
        "months": min((event.data.months for event in requests if event.data.months is not None), default=None),
        "full": min((event.data.full for event in requests), default=None),
        "status": status,
        "progress": {"DONE": 100, "FAILURE": 0}.get(status, max((event.data.progress for event in steps), default=0)),
        "current_status": _current_status(status, said),
        "messages_total": max(
            (e.data.messages_total for e in [*starts, *steps] if e.data.messages_total is not None), default=None
        ),
        "messages_scanned": said[4] if said else 0,
        "invoices_found": said[5] if said else 0,
        "error": end.data.error[:500] if end and isinstance(end.data, ScanFailed) else None,
        "error_code": end.data.error_code[:500] if end and isinstance(end.data, ScanFailed) else None,
        "estimated_duration": min(
            (e.data.estimated_duration for e in starts if e.data.estimated_duration is not None), default=None
        ),
        "actual_duration": max(0.0, (end.time - started_at) / dt.timedelta(seconds=1)) if end and started_at else None,
        "created_at": min(event.data.requested_at for event in requests)
        if requests
        else min(event.time for event in heard),
        "started_at": started_at,
        "updated_at": max(event.time for event in heard),
        "completed_at": end.time if end else None,
        "cancel_requested_at": min((event.data.requested_at for event in of(ScanCancelRequested)), default=None),
        "history": _history(heard),
        "_requested": True if requests else None,
        "_traceparent": min((event.traceparent for event in requests if event.traceparent), default=None),
        "_ended_by": end.id if end else None,
    }
    if result is not None:
        numbers = {"total": result.messages, "scanned": result.scanned, "found": result.invoices}
        task |= {"messages_total": numbers["total"], "messages_scanned": numbers["scanned"]}
        task |= {"invoices_found": numbers["found"], "result": result.model_dump()}
    elif said is not None:
        task["_latest"] = dict(zip(("rank", "sequence", "id", "text", "scanned", "found"), said, strict=True))
    return {field: value for field, value in task.items() if value is not None}


def _status(end: Event[Any] | None, moving: bool) -> str:
    if end is not None:
        return next(label for kind, _, label in _LIFECYCLE if isinstance(end.data, kind))
    return "PROGRESS" if moving else "PENDING"


def _current_status(status: str, said: tuple[Any, ...] | None) -> str:
    fixed = {
        "DONE": "Email scan completed successfully",
        "FAILURE": "Email scan failed",
        "CANCELLED": "Task cancelled",
    }
    return fixed.get(status) or (said[3] if said else "Task queued")


def _said(event: Event[Any]) -> tuple[Any, ...]:
    data = event.data
    if isinstance(data, ScanProgressed):
        text, scanned, found = data.current_status, data.messages_scanned, data.invoices_found
    else:
        waiting = "Waiting for another scan to finish"
        text = "Email scan started" if isinstance(data, ScanStarted) else data.reason.strip() or waiting
        scanned, found = 0, 0
    return int(not isinstance(data, ScanQueued)), event.sequence, event.id, text[:500], scanned, found


def _history(heard: Sequence[Event[Any]]) -> list[dict[str, Any]]:
    entries: dict[str, list[tuple[Any, ...]]] = {}
    for event in heard:
        for kind, rank, label in _LIFECYCLE:
            if isinstance(event.data, kind):
                entry = (rank, event.time, event.id, _detail(event.data)[:500], label)
                entries.setdefault(event.id, []).append(entry)
    names = ("_rank", "at", "event_id", "detail", "status")
    order = ("status", "at", "event_id", "detail", "_rank")
    ordered = sorted(map(min, entries.values()))
    first = [entry for rank in range(5) for entry in [e for e in ordered if e[0] == rank][:100]]
    return [{name: dict(zip(names, entry, strict=True))[name] for name in order} for entry in first]


def _detail(data: Any) -> str:
    match data:
        case ScanRequested():
            return "Task queued"
        case ScanQueued():
            return data.reason.strip() or "Waiting for another scan to finish"
        case ScanStarted():
            return f"{data.messages_total} messages to scan"
        case ScanCompleted():
            return f"{data.result.invoices} invoices in {data.result.scanned} messages"
        case ScanFailed():
            return str(data.error)
    return str(data.reason)
