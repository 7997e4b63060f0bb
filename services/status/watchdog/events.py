"""Events that the watchdog publishes.

Each is a function of the task alone, so that publishing one again gives the same event.
"""

import datetime as dt

from services.status.merge_rules import TaskDocument
from services.status.watchdog.redrive_policy import STALLED
from shared.error_codes import ERROR_TEXTS, ErrorCode
from shared.events import Event, ScanCancelled, ScanFailed, ScanRequested, new_event

_STALLED_SEQUENCE = 10**18
_CANCEL_SEQUENCE = 10**18 + 1
"""Higher than any sequence that a scanner reaches."""

_UNKNOWN = "unknown"
"""For an id that no event has.

It sorts after every hexadecimal id, so the fold prefers one that arrives later.
"""


def redrive_event(task: TaskDocument) -> Event[ScanRequested] | None:
    """Return the request as the api published it, with the same id, source and time; None if it was
    never received."""
    if not task.get("_requested"):
        return None
    data = ScanRequested.model_validate({**task, "requested_at": task["created_at"]})
    return new_event(data, service="api", sequence=0, time=data.requested_at, traceparent=task.get("_traceparent"))


def stalled_event(task: TaskDocument, at: dt.datetime) -> Event[ScanFailed]:
    """Return the failure of a task that no scanner answered for until `at`."""
    data = ScanFailed(
        **_ids(task),
        error_code=STALLED,
        error=ERROR_TEXTS[ErrorCode.STALLED].sentence,
    )
    return new_event(data, service="status", sequence=_STALLED_SEQUENCE, time=at, traceparent=task.get("_traceparent"))


def forced_cancel_event(task: TaskDocument, grace: dt.timedelta) -> Event[ScanCancelled]:
    """Return the end of a task whose cancel no scanner has confirmed within `grace`."""
    reason = f"no scanner confirmed the cancel within {grace.total_seconds():g} s"
    data = ScanCancelled(**_ids(task), reason=reason)
    at, trace = task["cancel_requested_at"] + grace, task.get("_traceparent")
    return new_event(data, service="status", sequence=_CANCEL_SEQUENCE, time=at, traceparent=trace)


def _ids(task: TaskDocument) -> dict[str, str]:
    return {
        "task_id": task["_id"],
        "user_id": task.get("user_id", _UNKNOWN),
        "account_id": task.get("account_id", _UNKNOWN),
    }
