"""Checks of an invoice's values against each other, and their effect on its confidence."""

from datetime import date, timedelta
from decimal import Decimal

from services.scanner.extract.fields import iban
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.model import Carrier, Check, ExtractedInvoice

ROUNDING = Decimal("0.02")
EARLIEST_ISSUE_DATE = date(1990, 1, 1)
MAX_PAYMENT_TERM = timedelta(days=3 * 366)
MAX_AFTER_MESSAGE = timedelta(days=370)
CORE_FIELDS = ("total", "vendor", "invoice_number", "issue_date")
MISSING_FIELD_CONFIDENCE = 0.5
FAILED_CHECK_FACTOR = 0.7
NEEDS_CHECK_BELOW = 0.8


def build_invoice(draft: InvoiceDraft, carriers: tuple[Carrier, ...], message_date: date | None) -> ExtractedInvoice:
    """Build the invoice of a draft, with its checks and its confidence.

    `message_date` is the date of the message, if it has one.
    """
    checks = (*draft.checks, *_checks(draft, message_date))
    confidence = min(
        draft.evidence[name].confidence if name in draft.evidence else MISSING_FIELD_CONFIDENCE for name in CORE_FIELDS
    )
    failed = any(not check.ok for check in checks)
    if failed:
        confidence *= FAILED_CHECK_FACTOR
    return ExtractedInvoice(
        vendor=draft.vendor,
        vendor_tax_id=draft.vendor_tax_id,
        invoice_number=draft.invoice_number,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        currency=draft.currency,
        net=draft.net,
        tax=draft.tax,
        total=draft.total,
        iban=draft.iban,
        kind=draft.kind,
        format=draft.format,
        confidence=round(confidence, 3),
        checks=checks,
        evidence=draft.evidence,
        carriers=carriers,
        needs_check=failed or confidence < NEEDS_CHECK_BELOW,
    )


def _checks(draft: InvoiceDraft, message_date: date | None) -> list[Check]:
    checks = []
    if draft.net is not None and draft.tax is not None and draft.total is not None:
        ok = abs(draft.net + draft.tax - draft.total) <= ROUNDING
        detail = f"{draft.net} + {draft.tax} {'=' if ok else '≠'} {draft.total}"
        checks.append(Check(name="net_plus_tax", ok=ok, detail=detail))
    if draft.iban is not None:
        checks.append(Check(name="iban", ok=iban.is_valid(draft.iban), detail="check digits, mod 97"))
    if draft.issue_date is not None:
        latest = (
            (message_date + MAX_AFTER_MESSAGE) if message_date and message_date.year < date.max.year - 1 else date.max
        )
        ok = EARLIEST_ISSUE_DATE <= draft.issue_date <= latest
        checks.append(
            Check(
                name="issue_date",
                ok=ok,
                detail=f"{draft.issue_date} is {'' if ok else 'not '}between {EARLIEST_ISSUE_DATE} and {latest}",
            )
        )
    if draft.issue_date is not None and draft.due_date is not None:
        ok = timedelta(0) <= draft.due_date - draft.issue_date <= MAX_PAYMENT_TERM
        checks.append(Check(name="due_date", ok=ok, detail=f"due {draft.due_date}, issued {draft.issue_date}"))
    return checks
