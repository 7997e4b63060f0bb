"""The invoice record: what the scanner stores, the api serves, and `invoice.found.v1` announces."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.timestamps import Timestamp

DecimalString = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
]
InvoiceKind = Literal["invoice", "receipt", "credit_note"]
InvoiceFormat = Literal["ubl", "cii", "factur-x", "json-ld", "pdf", "html", "text", "image"]
_GrowingFormat = Annotated[
    InvoiceFormat,
    WithJsonSchema({"type": "string", "x-extensible-enum": list(get_args(InvoiceFormat))}, mode="serialization"),
]
"""A new format needs no new version of the event; readers must accept unknown ones."""


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


class InvoiceFields(_Record):
    """The fields of an invoice.

    Amounts are decimals in `currency` (ISO 4217), dates are calendar dates.
    """

    vendor: str | None = None
    vendor_tax_id: str | None = None
    invoice_number: str | None = None
    issue_date: dt.date | None = None
    due_date: dt.date | None = None
    currency: str | None = None
    net: DecimalString | None = None
    tax: DecimalString | None = None
    total: DecimalString | None = None
    iban: str | None = None
    kind: InvoiceKind = "invoice"
    format: _GrowingFormat


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
