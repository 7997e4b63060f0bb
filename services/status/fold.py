"""The one implementation of the rules by which events become a task. Pure: documents and events in, documents out.

Every field is a join, so that a document is a function of the set of events seen, and not of their order, repetition
or batches. Only between two terminal events does arrival decide: the first one stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.status.merge_rules import TaskDocument, created, greatest, latest, least, noted
from services.status.transitions import CURRENT_STATUS, INITIAL, STEPS, WAITING, advance, is_terminal
from shared.events import (
    Event,
    EventData,
    ScanCancelled,
    ScanCancelRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanResult,
    ScanStarted,
    TaskStatus,
)

_TEXT_LENGTH = 500
"""Longer texts are cut, so that a document stays small whatever an event says."""


class Ignored(StrEnum):
    """Why an event changed nothing."""

    DUPLICATE = "duplicate"
    STALE = "stale"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Folded:
    """The document after some events, and for each event, in order, why it changed nothing (None: it did)."""

    document: TaskDocument
    ignored: tuple[Ignored | None, ...]


def apply(document: TaskDocument | None, events: Sequence[Event[Any]]) -> Folded:
    """Fold the events of one task, in the order of their arrival, into its document (None: there is none yet).

    Gives back the same object when nothing changes, else a new one whose `version` is one higher. What changed
    nothing once never changes anything again: a document only grows.
    """
    task = _empty(events[0].data.task_id) if document is None else _known(document)
    ignored = tuple(None if _join(task, event) else _why(task, event) for event in events)
    if document is not None and None not in ignored:
        return Folded(document, ignored)
    _derive(task)
    task["version"] = task.get("version", 0) + 1
    return Folded(task, ignored)


def _empty(task_id: str) -> TaskDocument:
    return {
        "_id": task_id,
        "task_id": task_id,
        "status": INITIAL.value,
        "progress": 0,
        "messages_scanned": 0,
        "invoices_found": 0,
        "history": [],
    }


def _known(document: TaskDocument) -> TaskDocument:
    """A copy to fold into. An older system's nulls go, and so say what absent fields say: nothing."""
    known = {name: value for name, value in document.items() if value is not None}
    known.setdefault("status", INITIAL.value)
    return known


def _join(task: TaskDocument, event: Event[Any]) -> bool:
    data = event.data
    step = STEPS[type(data)]
    changed = least(task, "user_id", data.user_id)
    if not isinstance(data, ScanCancelRequested):
        changed |= least(task, "account_id", data.account_id)
    if step.announces is not None and is_terminal(step.announces) and is_terminal(task["status"]):
        return changed
    requested_at = data.requested_at if isinstance(data, ScanRequested) else None
    changed |= created(task, requested_at or event.time, requested=requested_at is not None)
    changed |= greatest(task, "updated_at", event.time)
    changed |= _JOINS[type(data)](task, event)
    if step.rank is not None:
        changed |= noted(
            task,
            rank=step.rank.value,
            status=step.label,
            at=event.time,
            event_id=event.id,
            detail=_cut(_DETAILS[type(data)](data)),
        )
    task["status"] = advance(task["status"], step.announces)
    return changed


def _requested(task: TaskDocument, event: Event[ScanRequested]) -> bool:
    data = event.data
    return (
        least(task, "scan_type", data.scan_type)
        | least(task, "months", data.months)
        | least(task, "full", data.full)
        | least(task, "_traceparent", event.traceparent)
    )


def _queued(task: TaskDocument, event: Event[ScanQueued]) -> bool:
    return _say(task, event, event.data.reason.strip() or WAITING)


def _started(task: TaskDocument, event: Event[ScanStarted]) -> bool:
    return (
        least(task, "started_at", event.time)
        | least(task, "estimated_duration", event.data.estimated_duration)
        | _total(task, event.data.messages_total)
        | _say(task, event, CURRENT_STATUS[TaskStatus.PROGRESS])
    )


def _progressed(task: TaskDocument, event: Event[ScanProgressed]) -> bool:
    data = event.data
    # Other ends fix the progress, an older system's too; CANCELLED keeps the highest, whenever it is heard of.
    moves = task["status"] == TaskStatus.CANCELLED or not is_terminal(task["status"])
    return (
        (moves and greatest(task, "progress", data.progress))
        | _total(task, data.messages_total)
        | _say(task, event, data.current_status, scanned=data.messages_scanned, found=data.invoices_found)
    )


def _cancel_requested(task: TaskDocument, event: Event[ScanCancelRequested]) -> bool:
    return least(task, "cancel_requested_at", event.data.requested_at)


def _completed(task: TaskDocument, event: Event[ScanCompleted]) -> bool:
    task["progress"] = 100
    return _end(task, event, TaskStatus.DONE, event.data.result)


def _failed(task: TaskDocument, event: Event[ScanFailed]) -> bool:
    task["progress"] = 0
    task["error"] = _cut(event.data.error)
    task["error_code"] = _cut(event.data.error_code)
    return _end(task, event, TaskStatus.FAILURE, None)


def _cancelled(task: TaskDocument, event: Event[ScanCancelled]) -> bool:
    return _end(task, event, TaskStatus.CANCELLED, event.data.result)


def _end(task: TaskDocument, event: Event[Any], status: TaskStatus, result: ScanResult | None) -> bool:
    task["_ended_by"] = event.id
    task["current_status"] = CURRENT_STATUS[status]
    task["completed_at"] = event.time
    if result is not None:
        task["result"] = result.model_dump()
        task["messages_total"] = result.messages
        task["messages_scanned"] = result.scanned
        task["invoices_found"] = result.invoices
        task.pop("_latest", None)
    return True


def _total(task: TaskDocument, total: int | None) -> bool:
    return "result" not in task and greatest(task, "messages_total", total)


def _say(task: TaskDocument, event: Event[Any], text: str, *, scanned: int = 0, found: int = 0) -> bool:
    # A result has the last word on the numbers; nothing is kept of what was said on the way.
    announces = STEPS[type(event.data)].announces
    return "result" not in task and latest(
        task,
        rank=int(announces is TaskStatus.PROGRESS),
        sequence=event.sequence,
        event_id=event.id,
        text=_cut(text),
        scanned=scanned,
        found=found,
    )


def _derive(task: TaskDocument) -> None:
    said = task.get("_latest")
    if said is not None:
        task["messages_scanned"] = said["scanned"]
        task["invoices_found"] = said["found"]
    if not is_terminal(task["status"]):
        task["current_status"] = CURRENT_STATUS[task["status"]] if said is None else said["text"]
    if "started_at" in task and "completed_at" in task:
        task["actual_duration"] = max(0.0, (task["completed_at"] - task["started_at"]).total_seconds())


def _why(task: TaskDocument, event: Event[Any]) -> Ignored:
    """The reason for an event that is known to have changed nothing."""
    step = STEPS[type(event.data)]
    if step.announces is not None and is_terminal(step.announces):
        return Ignored.DUPLICATE if task.get("_ended_by") == event.id else Ignored.TERMINAL
    if task.get("_latest", {}).get("id") == event.id or any(
        known["event_id"] == event.id for known in task.get("history", ())
    ):
        return Ignored.DUPLICATE
    return Ignored.TERMINAL if is_terminal(task["status"]) else Ignored.STALE


def _cut(text: str) -> str:
    return text[:_TEXT_LENGTH]


_JOINS: dict[type[EventData], Callable[[TaskDocument, Any], bool]] = {
    ScanRequested: _requested,
    ScanQueued: _queued,
    ScanStarted: _started,
    ScanProgressed: _progressed,
    ScanCancelRequested: _cancel_requested,
    ScanCompleted: _completed,
    ScanFailed: _failed,
    ScanCancelled: _cancelled,
}

_DETAILS: dict[type[EventData], Callable[[Any], str]] = {
    ScanRequested: lambda _: CURRENT_STATUS[INITIAL],
    ScanQueued: lambda data: data.reason.strip() or WAITING,
    ScanStarted: lambda data: f"{data.messages_total} messages to scan",
    ScanCancelRequested: lambda data: data.reason,
    ScanCompleted: lambda data: f"{data.result.invoices} invoices in {data.result.scanned} messages",
    ScanFailed: lambda data: data.error,
    ScanCancelled: lambda data: data.reason,
}
