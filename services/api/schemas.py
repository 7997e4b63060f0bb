"""What requests and answers look like, where that is not a shared contract."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.api.bodies import Body
from services.api.imap_schemas import ImapSource
from services.api.mailbox_format import MailboxFormat
from services.api.values import Days, Months
from shared.events import Task, TaskStatus, Timestamp
from shared.events.scans import ScanType
from shared.invoices import Invoice, InvoiceKind

UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1000)]
Outcome = Literal["invoice", "duplicate", "none", "skipped", "failed"]
AccountHealth = Literal["new", "scanning", "healthy", "problem", "needs_login"]


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


class AdminCancelFilter(CancelFilter):
    """`POST /v1/admin/tasks/cancel`; everything that is set must hold."""

    user_id: str | None = Field(default=None, description="null: of all users")


class CleanupWish(Body):
    """`POST /v1/admin/tasks/cleanup`."""

    older_than_days: Days = Field(description="scans that ended so long ago", examples=[90])
    dry_run: bool = Field(default=False, description="only count them")


class CleanupAnswer(BaseModel):
    """What is removed; what was found in those scans stays."""

    tasks: int
    completed_before: Timestamp
    dry_run: bool


class UserRights(Body):
    """`PUT /v1/admin/users/{name}`."""

    admin: bool = False
    password: Password | None = Field(default=None, description="a new password, which signs the user out everywhere")


class Upload(BaseModel):
    """The file that is the mailbox of an account."""

    filename: str
    format: MailboxFormat
    messages: int
    bytes: int
    sha256: str | None = Field(default=None, description="of the bytes as they were sent, in hex")
    uploaded_at: Timestamp


class UploadSource(BaseModel):
    """Mail that was uploaded."""

    kind: Literal["upload"] = "upload"
    upload: Upload | None


Source = Annotated[UploadSource | ImapSource, Field(discriminator="kind")]
"""Where an account's mail comes from; secrets are never shown."""


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


class Account(BaseModel):
    """A mailbox of a user."""

    account_id: str
    label: str
    source: Source
    invoices: int = Field(description="number of invoices found in it")
    last_scan: TaskSummary | None
    health: AccountHealth
    created_at: Timestamp
    updated_at: Timestamp


class Accounts(BaseModel):
    """All accounts of a user."""

    items: list[Account]


class AccountCheck(BaseModel):
    """Whether an account can be scanned, tried out now."""

    ok: bool
    code: str = Field(description="`ok`, or what is wrong, as in a task's `error_code`")
    detail: str = Field(description="the same in a sentence for a person")
    folders: list[str] | None = Field(default=None, description="the folders of the mailbox, when they could be listed")


class UploadedMailbox(BaseModel):
    """The answer to an upload."""

    messages: int
    bytes: int
    sha256: str = Field(description="of the bytes as they were sent, in hex")
    format: MailboxFormat


class Tasks(BaseModel):
    """Several tasks, in the order of the request."""

    tasks: list[Task]


class CancelledScans(Tasks):
    """The scans whose end was asked for."""


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


class InvoicePage(BaseModel):
    """Invoices in the order asked for."""

    items: list[Invoice]
    next_cursor: str | None


class MonthSummary(BaseModel):
    """The invoices issued in one month."""

    month: str | None = Field(description="YYYY-MM; null for invoices without an issue date")
    count: int
    totals: dict[str, str]


class InvoiceSummary(BaseModel):
    """Invoices in numbers. Totals are decimal strings by currency; credit notes are subtracted."""

    count: int
    kinds: dict[InvoiceKind, int]
    to_check: int
    near_duplicates: int
    totals: dict[str, str]
    currencies: dict[str, int] = Field(description="currency -> number of invoices in it")
    months: list[MonthSummary]


class AuditActor(BaseModel):
    """Who did it."""

    user_id: str
    name: str


class AuditEntry(BaseModel):
    """One action of an administrator."""

    at: Timestamp
    by: AuditActor
    action: str = Field(examples=["tasks.cleanup"])
    details: dict[str, Any]


class AuditPage(BaseModel):
    """Actions, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class User(BaseModel):
    """Somebody who may use the product."""

    user_id: str
    name: str
    admin: bool


class Users(BaseModel):
    """All users, by name."""

    items: list[User]


class AccessToken(BaseModel):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (the name of a scheme)
    expires_in: int = Field(description="seconds")


class SignInLink(BaseModel):
    """A link for a browser, good once."""

    path: str = Field(description="relative to the address of the api")
    expires_in: int = Field(description="seconds")


class Me(User):
    """Who the token stands for."""

    expires_at: dt.datetime
