"""The audit trail in the log: one record for each change of a task's status."""

import logging

from services.status.merge_rules import TaskDocument
from services.status.outcome import CommittedChange
from shared.observability.tracing import trace_id_of

logger = logging.getLogger("mailtally.status.audit")

NEW = "NEW"
"""Stands for the status of a task before there is a task."""


def status_before(change: CommittedChange) -> str:
    """Return the status that the commit replaced."""
    return NEW if change.before is None else str(change.before["status"])


def log_status_change(change: CommittedChange) -> None:
    """Log the task, its old and new status and the event that caused it, if the status changed."""
    old, new = status_before(change), change.after["status"]
    if old != new:
        facts = {"task_id": change.after["_id"], "from": old, "to": new, "event_id": _cause(change.after)}
        if trace_id := trace_id_of(change.after.get("_traceparent")):
            facts["trace_id"] = trace_id
        logger.info("status changed", extra={"event": "status_changed", **facts})


def _cause(task: TaskDocument) -> str:
    """Return the id of the terminal event, else of the latest one, else of the oldest entry of the
    history."""
    cause = task.get("_ended_by") or task.get("_latest", {}).get("id") or task["history"][0]["event_id"]
    return str(cause)
