"""The report on an examined message; it crosses a process boundary as JSON and is validated
there."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from services.scanner.extract.content_type import ContentKind
from shared.invoice_types import InvoiceFormat, InvoiceKind
from shared.ledger_reasons import ReasonCode

Amount = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=24), PlainSerializer(str, when_used="json")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ExaminedFormat = Literal[InvoiceFormat, ContentKind]
Outcome = Literal["invoice", "none", "failed"]
Source = Literal["xml", "json-ld", "pdf", "html", "text", "ocr"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Carrier(_Frozen):
    """One original that carried the invoice: an attachment, a body, or a file inside an
    attachment."""

    part: Annotated[str, Field(max_length=400)]
    """MIME part path such as `2` or `2.1`; a file inside adds its name: `2/factur-x.xml`."""
    filename: str | None
    sha256: Sha256
    content_type: str
    """The type by content, not the declared one. A body is kept as UTF-8."""


class Evidence(_Frozen):
    """Where a value was read."""

    source: Source
    locator: str
    """An XPath, `page 1 box x0,y0,x1,y1` (points from the page's top left corner), or `line 12`."""
    text: Annotated[str, Field(max_length=120)]
    confidence: Annotated[float, Field(ge=0, le=1)]


class Check(_Frozen):
    """One check of the values against each other; `detail` holds the figures."""

    name: str
    ok: bool
    detail: str


class ExtractedInvoice(_Frozen):
    """One invoice, receipt or credit note.

    Terms of EN 16931: vendor BT-27, net BT-109, tax BT-110, total BT-112.
    """

    vendor: str | None = None
    vendor_tax_id: str | None = None
    invoice_number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    currency: str | None = None
    net: Amount | None = None
    tax: Amount | None = None
    total: Amount | None = None
    iban: str | None = None
    kind: InvoiceKind = "invoice"
    format: InvoiceFormat
    confidence: Annotated[float, Field(ge=0, le=1)]
    checks: tuple[Check, ...] = ()
    evidence: dict[str, Evidence] = {}
    carriers: tuple[Carrier, ...]
    needs_check: bool


class StoredDocument(_Frozen):
    """An original of a found invoice that is handed over with the report."""

    sha256: Sha256
    filename: str | None
    content_type: str
    size: int


class ExaminedDocument(_Frozen):
    """Outcome and duration of reading one document, for the metrics."""

    format: ExaminedFormat
    outcome: Outcome
    seconds: float


class MessageReport(_Frozen):
    """The result of examining one message."""

    message_id: str | None
    subject: str | None
    sender: str | None
    date: datetime | None
    """The Date header in UTC."""
    outcome: Outcome
    reason: ReasonCode
    invoices: tuple[ExtractedInvoice, ...] = ()
    documents: tuple[StoredDocument, ...] = ()
    examined_documents: tuple[ExaminedDocument, ...] = ()
