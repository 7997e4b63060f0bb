"""The task, the public state of a scan, and the event that publishes each change of it."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.error_codes import CODES_DESCRIPTION
from shared.events.envelope import TaskEventData
from shared.events.scans import ScanResult
from shared.timestamps import Timestamp


class TaskStatus(StrEnum):
    """The status of a task. The last three are terminal: they never change again."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    DONE = "DONE"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


TERMINAL: frozenset[TaskStatus] = frozenset({TaskStatus.DONE, TaskStatus.FAILURE, TaskStatus.CANCELLED})

LEGACY_DONE = "SUCCESS"
"""DONE in the documents of an older system; `mailtally migrate` rewrites it."""

_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
_TIMES = ("created_at", "started_at", "updated_at", "completed_at")
_DONE_DEFAULTS = {"progress": 100, "current_status": "Email scan completed successfully"}
_NO_RESULT = {
    "messages": 0,
    "scanned": 0,
    "skipped": 0,
    "failed": 0,
    "invoices": 0,
    "duplicates": 0,
    "bytes_fetched": 0,
    "totals": {},
    "duration_seconds": 0.0,
}


class HistoryEntry(BaseModel):
    """A lifecycle event in the history of a task."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str
    at: Timestamp
    event_id: str
    detail: str


class Task(BaseModel):
    """A scan with exactly these fields, in REST responses, in `task.changed` and (with `_id` = task_id) in MongoDB."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str
    user_id: str | None = None
    account_id: str | None = None
    scan_type: str | None = None
    months: int | None = None
    full: bool = False
    status: TaskStatus = TaskStatus.PENDING
    progress: int = Field(default=0, ge=0, le=100)
    current_status: str = ""
    messages_total: int | None = None
    messages_scanned: int = 0
    invoices_found: int = 0
    result: ScanResult | None = None
    error: str | None = Field(default=None, description="why the scan failed and what to do, for a person")
    error_code: str | None = Field(default=None, description=f"why the scan failed: {CODES_DESCRIPTION}")
    estimated_duration: float | None = Field(default=None, description="seconds, as estimated when the scan started")
    actual_duration: float | None = Field(default=None, description="seconds from start to end")
    created_at: Timestamp
    started_at: Timestamp | None = None
    updated_at: Timestamp
    completed_at: Timestamp | None = None
    cancel_requested_at: Timestamp | None = None
    history: tuple[HistoryEntry, ...] = ()
    version: int = 0


class TaskChanged(Task, TaskEventData):
    """The task after a committed write. From the status service, fire and forget: derived, not kept in the event log.
    A reader that missed one reads `GET /v1/scans/{task_id}` and continues from its `version`."""

    routing_key: ClassVar[str] = "task.changed.v1"


def task_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Task` of a stored document, without nulls, and complete for documents
    of an older system.

    There SUCCESS reads as DONE, missing times are guessed from the others (1970 if there is none),
    and a result of another form is left out.
    """
    fields = {name: value for name, value in document.items() if value is not None}
    fields.setdefault("task_id", str(document["_id"]))
    if fields.get("status") in (TaskStatus.DONE, LEGACY_DONE):
        fields = {**_DONE_DEFAULTS, **fields, "status": TaskStatus.DONE}
    if "created_at" not in fields or "updated_at" not in fields:
        known = [fields[name] for name in _TIMES if name in fields]
        fields.setdefault("created_at", min(known, default=_EPOCH))
        fields.setdefault("updated_at", max(known, default=_EPOCH))
    if "result" in fields:
        fields["result"] = _result(fields["result"])
    return fields


def _result(stored: Any) -> ScanResult | None:
    try:
        return ScanResult.model_validate({**_NO_RESULT, **stored})
    except (TypeError, ValidationError):
        return None
