"""Request and response models of scans."""

from typing import Literal

from pydantic import BaseModel, Field

from services.api.http.request_types import Body, Months
from shared.events import Task, TaskStatus, Timestamp
from shared.events.scans import ScanType

Outcome = Literal["invoice", "duplicate", "none", "skipped", "failed"]


class NewScan(Body):
    """`POST /v1/accounts/{account_id}/scans`."""

    scan_type: ScanType = "inbox"
    months: Months | None = Field(
        default=None,
        description="only mail of the last months; null: no limit. Left out: 1 for a mail server, null for an upload",
    )
    full: bool = Field(default=False, description="scan again what earlier scans have seen")


class NewScans(NewScan):
    """`POST /v1/scans`."""

    account_ids: list[str] = Field(min_length=1, max_length=1000)


class CancelFilter(Body):
    """`POST /v1/scans/cancel`; everything that is set must hold."""

    status: Literal["PENDING", "PROGRESS"] | None = Field(default=None, description="null: both")
    account_ids: list[str] | None = Field(default=None, min_length=1, max_length=1000, description="null: all")


class TaskSummary(BaseModel):
    """The newest scan of an account."""

    task_id: str
    status: TaskStatus
    progress: int
    current_status: str
    messages_scanned: int
    invoices_found: int
    error: str | None
    error_code: str | None
    created_at: Timestamp
    completed_at: Timestamp | None


class Tasks(BaseModel):
    """Several tasks, in the order of the request."""

    tasks: list[Task]


class CancelledScans(Tasks):
    """The scans whose cancellation was requested."""


class TaskPage(BaseModel):
    """Tasks, newest first."""

    items: list[Task]
    next_cursor: str | None


class TaskStats(BaseModel):
    """How many tasks have which status."""

    PENDING: int = 0
    PROGRESS: int = 0
    DONE: int = 0
    FAILURE: int = 0
    CANCELLED: int = 0


class LedgerEntry(BaseModel):
    """What became of one message, and why."""

    folder: str
    uidvalidity: int
    uid: int
    message_id: str | None
    subject: str | None
    sender: str | None
    date: Timestamp | None
    size: int | None
    outcome: Outcome
    reason: str = Field(description="stable code of the reason")
    why: str = Field(description="the reason in a sentence for a person")
    invoices: list[str]
    scanned_at: Timestamp


class LedgerPage(BaseModel):
    """Messages of a scan, and how many had which outcome."""

    items: list[LedgerEntry]
    next_cursor: str | None
    counts: dict[Outcome, int]
