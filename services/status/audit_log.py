"""The audit trail in the log: one line for each change of a task's status."""

import logging

from services.status.merge_rules import TaskDocument
from services.status.outcome import Written
from shared.observability.tracing import trace_id_of

logger = logging.getLogger("mailtally.status.audit")

NEW = "NEW"
"""What a task's status is called before there is a task."""


def status_before(written: Written) -> str:
    """The status that the commit replaced."""
    return NEW if written.before is None else str(written.before["status"])


def log_status_change(written: Written) -> None:
    """Write the line, if the status changed: which task, from what to what, by which event."""
    old, new = status_before(written), written.after["status"]
    if old != new:
        facts = {"task_id": written.after["_id"], "from": old, "to": new, "event_id": _cause(written.after)}
        if trace_id := trace_id_of(written.after.get("_traceparent")):
            facts["trace_id"] = trace_id
        logger.info("status changed", extra=facts)


def _cause(task: TaskDocument) -> str:
    """The event that stands for the status: the end, else the latest word, else the oldest entry of the history."""
    cause = task.get("_ended_by") or task.get("_latest", {}).get("id") or task["history"][0]["event_id"]
    return str(cause)
