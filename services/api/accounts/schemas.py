"""Requests and responses about mailboxes."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.api.accounts.imap_schemas import ImapSource
from services.api.accounts.upload.format_detection import MailboxFormat
from services.api.scans.schemas import TaskSummary
from shared.error_codes import CODES_DESCRIPTION
from shared.events import Timestamp

AccountHealth = Literal["new", "scanning", "healthy", "problem", "needs_login"]


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
    """The result of a connection check."""

    ok: bool
    code: str = Field(description=f"`ok`, the code of a problem, or an error code: {CODES_DESCRIPTION}")
    detail: str = Field(description="the same in words for a person, with what to do")
    folders: list[str] | None = Field(default=None, description="the folders of the mailbox, when they could be listed")


class UploadedMailbox(BaseModel):
    """The response to an upload."""

    messages: int
    bytes: int
    sha256: str = Field(description="of the bytes as they were sent, in hex")
    format: MailboxFormat
