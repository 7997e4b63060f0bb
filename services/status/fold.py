"""The fold: the pure function that makes a task of its events, from documents and events to
documents.

Every field follows a merge rule, so that a document is a function of the set of its events,
whatever their order, repetition and batches. Only between two terminal events the arrival decides:
the first one stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.status.merge_rules import (
    TaskDocument,
    merge_created_at,
    merge_history,
    merge_latest,
    merge_max,
    merge_min,
)
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

_MAX_TEXT_LENGTH = 500
"""Longer texts are truncated, so that a document stays small whatever an event holds."""


class IgnoredReason(StrEnum):
    """The reason why an event changed nothing."""

    DUPLICATE = "duplicate"
    STALE = "stale"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class FoldResult:
    """The document after some events, and for each event in order why it changed nothing (None: it
    did)."""

    document: TaskDocument
    ignored: tuple[IgnoredReason | None, ...]


def fold_events(document: TaskDocument | None, events: Sequence[Event[Any]]) -> FoldResult:
    """Fold the events of one task, in the order of their arrival, into its document (None: there is
    none yet).

    Returns the same object when nothing changes, else a new one whose `version` is one higher. An
    event that changed nothing once never changes anything again: a document only grows.
    """
    task = _new_task(events[0].data.task_id) if document is None else _without_nulls(document)
    ignored = tuple(None if _merge(task, event) else _ignored_reason(task, event) for event in events)
    if document is not None and None not in ignored:
        return FoldResult(document, ignored)
    _derive(task)
    task["version"] = task.get("version", 0) + 1
    return FoldResult(task, ignored)


def _new_task(task_id: str) -> TaskDocument:
    return {
        "_id": task_id,
        "task_id": task_id,
        "status": INITIAL.value,
        "progress": 0,
        "messages_scanned": 0,
        "invoices_found": 0,
        "history": [],
    }


def _without_nulls(document: TaskDocument) -> TaskDocument:
    """Return a copy to fold into, without the nulls that an older system has left."""
    task = {name: value for name, value in document.items() if value is not None}
    task.setdefault("status", INITIAL.value)
    return task


def _merge(task: TaskDocument, event: Event[Any]) -> bool:
    data = event.data
    step = STEPS[type(data)]
    changed = merge_min(task, "user_id", data.user_id)
    if not isinstance(data, ScanCancelRequested):
        changed |= merge_min(task, "account_id", data.account_id)
    if step.announces is not None and is_terminal(step.announces) and is_terminal(task["status"]):
        return changed
    requested_at = data.requested_at if isinstance(data, ScanRequested) else None
    changed |= merge_created_at(task, requested_at or event.time, requested=requested_at is not None)
    changed |= merge_max(task, "updated_at", event.time)
    changed |= _MERGERS[type(data)](task, event)
    if step.rank is not None:
        changed |= merge_history(
            task,
            rank=step.rank.value,
            status=step.label,
            at=event.time,
            event_id=event.id,
            detail=_truncate(_DETAILS[type(data)](data)),
        )
    task["status"] = advance(task["status"], step.announces)
    return changed


def _requested(task: TaskDocument, event: Event[ScanRequested]) -> bool:
    data = event.data
    return (
        merge_min(task, "scan_type", data.scan_type)
        | merge_min(task, "months", data.months)
        | merge_min(task, "full", data.full)
        | merge_min(task, "_traceparent", event.traceparent)
    )


def _queued(task: TaskDocument, event: Event[ScanQueued]) -> bool:
    return _merge_latest(task, event, event.data.reason.strip() or WAITING)


def _started(task: TaskDocument, event: Event[ScanStarted]) -> bool:
    return (
        merge_min(task, "started_at", event.time)
        | merge_min(task, "estimated_duration", event.data.estimated_duration)
        | _merge_total(task, event.data.messages_total)
        | _merge_latest(task, event, CURRENT_STATUS[TaskStatus.PROGRESS])
    )


def _progressed(task: TaskDocument, event: Event[ScanProgressed]) -> bool:
    data = event.data
    # DONE and FAILURE fix the progress, in an older system too; CANCELLED keeps the highest, whenever it arrives.
    moves = task["status"] == TaskStatus.CANCELLED or not is_terminal(task["status"])
    return (
        (moves and merge_max(task, "progress", data.progress))
        | _merge_total(task, data.messages_total)
        | _merge_latest(task, event, data.current_status, scanned=data.messages_scanned, found=data.invoices_found)
    )


def _cancel_requested(task: TaskDocument, event: Event[ScanCancelRequested]) -> bool:
    return merge_min(task, "cancel_requested_at", event.data.requested_at)


def _completed(task: TaskDocument, event: Event[ScanCompleted]) -> bool:
    task["progress"] = 100
    return _finish(task, event, TaskStatus.DONE, event.data.result)


def _failed(task: TaskDocument, event: Event[ScanFailed]) -> bool:
    task["progress"] = 0
    task["error"] = _truncate(event.data.error)
    task["error_code"] = _truncate(event.data.error_code)
    return _finish(task, event, TaskStatus.FAILURE, None)


def _cancelled(task: TaskDocument, event: Event[ScanCancelled]) -> bool:
    return _finish(task, event, TaskStatus.CANCELLED, event.data.result)


def _finish(task: TaskDocument, event: Event[Any], status: TaskStatus, result: ScanResult | None) -> bool:
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


def _merge_total(task: TaskDocument, total: int | None) -> bool:
    return "result" not in task and merge_max(task, "messages_total", total)


def _merge_latest(task: TaskDocument, event: Event[Any], text: str, *, scanned: int = 0, found: int = 0) -> bool:
    # A result replaces all earlier numbers, so nothing of the way there is kept.
    announces = STEPS[type(event.data)].announces
    return "result" not in task and merge_latest(
        task,
        rank=int(announces is TaskStatus.PROGRESS),
        sequence=event.sequence,
        event_id=event.id,
        text=_truncate(text),
        scanned=scanned,
        found=found,
    )


def _derive(task: TaskDocument) -> None:
    latest = task.get("_latest")
    if latest is not None:
        task["messages_scanned"] = latest["scanned"]
        task["invoices_found"] = latest["found"]
    if not is_terminal(task["status"]):
        task["current_status"] = CURRENT_STATUS[task["status"]] if latest is None else latest["text"]
    if "started_at" in task and "completed_at" in task:
        task["actual_duration"] = max(0.0, (task["completed_at"] - task["started_at"]).total_seconds())


def _ignored_reason(task: TaskDocument, event: Event[Any]) -> IgnoredReason:
    """Return the reason for an event that is known to have changed nothing."""
    step = STEPS[type(event.data)]
    if step.announces is not None and is_terminal(step.announces):
        return IgnoredReason.DUPLICATE if task.get("_ended_by") == event.id else IgnoredReason.TERMINAL
    if task.get("_latest", {}).get("id") == event.id or any(
        known["event_id"] == event.id for known in task.get("history", ())
    ):
        return IgnoredReason.DUPLICATE
    return IgnoredReason.TERMINAL if is_terminal(task["status"]) else IgnoredReason.STALE


def _truncate(text: str) -> str:
    return text[:_MAX_TEXT_LENGTH]


_MERGERS: dict[type[EventData], Callable[[TaskDocument, Any], bool]] = {
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
