"""The watchdog's events, each a function of the task alone, so that publishing one again gives the same event."""

import datetime as dt

from services.status.merge_rules import TaskDocument
from services.status.watchdog.redrive_policy import STALLED
from shared.error_codes import ERROR_TEXTS, ErrorCode
from shared.events import Event, ScanCancelled, ScanFailed, ScanRequested, new_event

_STALLED_SEQUENCE = 10**18
_OVERDUE_SEQUENCE = 10**18 + 1
"""Beyond any sequence that a scanner reaches."""

_UNKNOWN = "unknown"
"""For an id that no event has told. It sorts after every hexadecimal id, so the fold prefers one that comes later."""


def requested_again(task: TaskDocument) -> Event[ScanRequested] | None:
    """The request as the api published it, id, source and time included; None if it has not been seen."""
    if not task.get("_requested"):
        return None
    data = ScanRequested.model_validate({**task, "requested_at": task["created_at"]})
    return new_event(data, service="api", sequence=0, time=data.requested_at, traceparent=task.get("_traceparent"))


def stalled(task: TaskDocument, at: dt.datetime) -> Event[ScanFailed]:
    """The end of a task that nobody answers for; the patience was over `at`."""
    data = ScanFailed(
        **_whose(task),
        error_code=STALLED,
        error=ERROR_TEXTS[ErrorCode.STALLED].sentence,
    )
    return new_event(data, service="status", sequence=_STALLED_SEQUENCE, time=at, traceparent=task.get("_traceparent"))


def overdue(task: TaskDocument, grace: dt.timedelta) -> Event[ScanCancelled]:
    """The end of a task whose cancel no scanner has confirmed within `grace`."""
    reason = f"no scanner confirmed the cancel within {grace.total_seconds():g} s"
    data = ScanCancelled(**_whose(task), reason=reason)
    at, trace = task["cancel_requested_at"] + grace, task.get("_traceparent")
    return new_event(data, service="status", sequence=_OVERDUE_SEQUENCE, time=at, traceparent=trace)


def _whose(task: TaskDocument) -> dict[str, str]:
    return {
        "task_id": task["_id"],
        "user_id": task.get("user_id", _UNKNOWN),
        "account_id": task.get("account_id", _UNKNOWN),
    }
