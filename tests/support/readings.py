"""Invoices as messages tell them."""

import datetime as dt
from decimal import Decimal

from services.scanner.extract.model import Carrier, ExtractedInvoice, MessageReport
from services.scanner.repository.ledger import Place
from services.scanner.repository.merging import Reading
from shared.invoice_types import InvoiceFormat
from shared.ledger_reasons import ReasonCode


def reading(
    kind: InvoiceFormat,
    uid: int,
    *,
    number: str = "R-1",
    confidence: float = 0.9,
    day: int | None = 1,
    user_id: str = "u",
    tax_id: str | None = "DE123456789",
    vendor: str | None = None,
    issued: dt.date | None = dt.date(2026, 3, 1),
    total: str = "119.00",
) -> Reading:
    """Message `uid` of a mailbox says so, in this format."""
    part = Carrier(part="2", filename=f"{kind}.bin", sha256=f"{uid:064x}", content_type="application/octet-stream")
    invoice = ExtractedInvoice(
        vendor=vendor or f"Vendor by {kind}",
        vendor_tax_id=tax_id,
        invoice_number=number,
        issue_date=issued,
        currency="EUR",
        total=Decimal(total),
        format=kind,
        confidence=confidence,
        carriers=(part,),
        needs_check=False,
    )
    report = MessageReport(
        message_id=f"<{uid}@example.org>",
        subject="Invoice",
        sender="billing@example.org",
        date=None if day is None else dt.datetime(2026, 3, day, tzinfo=dt.UTC),
        outcome="invoice",
        reason=ReasonCode.FOUND_PDF,
        invoices=(invoice,),
    )
    return Reading(invoice, report, Place(user_id, "a", "t", "", 7, uid))
