"""The invoice record: what the scanner stores, the api serves, and `invoice.found.v1` announces."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.invoice_fields import InvoiceFields
from shared.timestamps import Timestamp


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class InvoiceCarrier(_Record):
    """One place that the invoice was seen in; the original bytes are kept once, by `sha256`."""

    message_id: str | None
    folder: str
    uid: int
    part: str
    filename: str | None
    sha256: str


class InvoiceEvidence(_Record):
    """Where a field's value was read: an XPath, a page and box, or a line; `text` quotes it (never
    in events)."""

    source: str
    locator: str
    text: str = ""
    confidence: float = Field(ge=0, le=1)


class InvoiceCheck(_Record):
    """One consistency check, such as net + tax = total."""

    name: str
    ok: bool
    detail: str = ""


class InvoiceMessage(_Record):
    """The message that carried the invoice first."""

    message_id: str | None
    subject: str | None
    sender: str | None = Field(default=None, alias="from")
    date: Timestamp | None = None

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class InvoiceCorrection(_Record):
    """A value that a person gave beside the found one; a scan never overwrites it."""

    value: Any
    found: Any = Field(default=None, description="what the scan had read")
    by: str
    at: Timestamp


class Invoice(InvoiceFields):
    """One invoice of one user, however many messages carried it."""

    id: str
    user_id: str
    account_id: str
    task_id: str
    confidence: float = Field(ge=0, le=1)
    checks: tuple[InvoiceCheck, ...] = ()
    evidence: dict[str, InvoiceEvidence] = Field(default_factory=dict)
    carriers: tuple[InvoiceCarrier, ...] = ()
    message: InvoiceMessage | None = None
    needs_check: bool = False
    near_duplicate_of: str | None = None
    corrections: dict[str, InvoiceCorrection] = Field(default_factory=dict)
    found_at: Timestamp
