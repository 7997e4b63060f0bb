"""Events of a scan. Each docstring says which service publishes it and exactly when."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.envelope import EventData, TaskEventData
from shared.timestamps import Timestamp

ScanType = Literal["inbox", "all"]


class ScanResult(BaseModel):
    """The result of a scan: counts of messages, bytes read from the source, totals as decimal strings by currency."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    messages: int = Field(ge=0)
    scanned: int = Field(ge=0)
    skipped: int = Field(ge=0)
    failed: int = Field(ge=0)
    invoices: int = Field(ge=0)
    duplicates: int = Field(ge=0)
    bytes_fetched: int = Field(ge=0)
    totals: dict[str, str]
    duration_seconds: float = Field(ge=0)
    partial: bool = False


class ScanRequested(TaskEventData):
    """A user requested a scan. From the api, confirmed before it answers 202; the status service publishes it again,
    under the same id, when the task stays silent."""

    routing_key: ClassVar[str] = "scan.requested.v1"

    user_id: str
    account_id: str
    scan_type: ScanType
    months: int | None = Field(default=None, ge=1, le=12)
    full: bool = False
    requested_at: Timestamp


class ScanCancelRequested(TaskEventData):
    """A user requested to cancel a scan. From the api, confirmed before it answers 202."""

    routing_key: ClassVar[str] = "scan.cancel_requested.v1"

    user_id: str
    requested_at: Timestamp
    reason: str


class ScanCleanupRequested(EventData):
    """An administrator requested to remove the records of all scans that ended before a time. From the api, confirmed
    before it answers 202; the status service removes them, and the invoices of those scans stay."""

    routing_key: ClassVar[str] = "scan.cleanup_requested.v1"

    cleanup_id: str = Field(min_length=1, max_length=64)
    completed_before: Timestamp
    requested_at: Timestamp

    @property
    def event_subject(self) -> str:
        """Return the cleanup's id."""
        return self.cleanup_id


class ScanQueued(TaskEventData):
    """The scanner has accepted the request, and the scan waits for a slot of its user. The task stays PENDING."""

    routing_key: ClassVar[str] = "scan.queued.v1"

    user_id: str
    account_id: str
    reason: str


class ScanStarted(TaskEventData):
    """The messages are listed and the plan is made. From the scanner, after the plan is stored; once per scan."""

    routing_key: ClassVar[str] = "scan.started.v1"

    user_id: str
    account_id: str
    messages_total: int = Field(ge=0)
    estimated_duration: float | None = Field(default=None, ge=0)


class ScanProgressed(TaskEventData):
    """The scan has progressed. From the scanner, at most once a second per slice, after the counters are stored."""

    routing_key: ClassVar[str] = "scan.progressed.v1"

    user_id: str
    account_id: str
    progress: int = Field(ge=0, le=100)
    current_status: str
    messages_total: int | None = Field(default=None, ge=0)
    messages_scanned: int = Field(ge=0)
    invoices_found: int = Field(ge=0)


class ScanCompleted(TaskEventData):
    """The scan is complete: every message has an outcome. From the scanner, after the write that ended the run."""

    routing_key: ClassVar[str] = "scan.completed.v1"

    user_id: str
    account_id: str
    result: ScanResult


class ScanFailed(TaskEventData):
    """The scan ended without a result. From the scanner after the write that ended the run; from the status service
    with `stalled` when no scanner answered. `error` is a sentence for people."""

    routing_key: ClassVar[str] = "scan.failed.v1"

    user_id: str
    account_id: str
    error_code: str
    error: str


class ScanCancelled(TaskEventData):
    """The scan stopped on request; invoices found so far stay. From the scanner after the write that ended the run;
    from the status service when the grace time is over."""

    routing_key: ClassVar[str] = "scan.cancelled.v1"

    user_id: str
    account_id: str
    reason: str
    result: ScanResult | None = None
