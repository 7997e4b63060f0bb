"""The task as everyone sees it, and the event that carries it after each change."""

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.events.envelope import TaskEventData, Timestamp
from shared.events.scans import ScanResult


class TaskStatus(StrEnum):
    """Where a task stands. The last three are terminal: nothing leaves them."""

    PENDING = "PENDING"
    PROGRESS = "PROGRESS"
    DONE = "DONE"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


TERMINAL: frozenset[TaskStatus] = frozenset({TaskStatus.DONE, TaskStatus.FAILURE, TaskStatus.CANCELLED})


class HistoryEntry(BaseModel):
    """One lifecycle event as the audit log keeps it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str
    at: Timestamp
    event_id: str
    detail: str


class Task(BaseModel):
    """One scan: exactly these fields, in REST answers, in `task.changed` and (with `_id` = task_id) in MongoDB."""

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
    error: str | None = None
    error_code: str | None = None
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
    """The task after a committed write. From the status service, fire and forget: derived, not kept in the stream.
    A reader that missed one reads `GET /v1/scans/{task_id}` and goes on from its `version`."""

    routing_key: ClassVar[str] = "task.changed.v1"
