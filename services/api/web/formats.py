"""Amounts, dates, times and names as pages show them; a value that is not known (None) gives an en dash. Pure."""

import datetime as dt
import re
from decimal import Decimal
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.api.scans.schemas import Outcome
from shared import formatting
from shared.invoice_types import InvoiceKind
from shared.invoices import Invoice

NOT_FOUND = Markup('<span aria-hidden="true">\u2013</span><span class="hidden-text">not found</span>')
_COUNTED = re.compile(r"\b\d{4,}(?= (?:of \d|messages|invoices))")


def amount(value: Decimal | str | None, currency: str | None = None) -> str:
    """Format an amount as "EUR 1,284.50", with all its digits and U+2212 for minus."""
    if value is None:
        return NOT_FOUND
    number = formatting.amount(value).replace("-", "\u2212")
    return f"{currency} {number}" if currency else number


def signed(value: Decimal | None, sign: int) -> Decimal | None:
    """Return an amount with its sign: negative on a credit note, however that writes it."""
    return value if value is None or sign > 0 else -abs(value)


def day(value: dt.date | None) -> str:
    """ "12 Nov 2026"."""
    return NOT_FOUND if value is None else formatting.day(value)


def duration(seconds: float | None) -> str:
    """Format a span of time: "47 s", "3 min 12 s", "2 h 5 min"."""
    return NOT_FOUND if seconds is None else formatting.duration(seconds)


def exact(moment: dt.datetime, zone: ZoneInfo) -> str:
    """Format a time as "12 Nov 2026, 14:02:31" in the reader's zone."""
    local = moment.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def time_tag(moment: dt.datetime | None, shown: str, zone: ZoneInfo) -> Markup:
    """Return a `<time>` element with the text `shown` and the exact time on hover."""
    if moment is None:
        return NOT_FOUND
    stamp = moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, exact(moment, zone), escape(shown))


def limit(octets: int) -> str:
    """Format a limit that is set in binary units: "1 GB"."""
    mebibytes = octets // 1024**2
    return f"{mebibytes / 1024:g} GB" if mebibytes >= 1024 and mebibytes % 512 == 0 else f"{mebibytes} MB"


def total(invoice: Invoice) -> str:
    """Format the total of an invoice; that of a credit note is negative."""
    if invoice.kind == "credit_note" and invoice.total is not None:
        return amount(-abs(invoice.total), invoice.currency)
    return amount(invoice.total, invoice.currency)


def sender(header: str | None) -> str:
    """Return the address in a From header, or else the header itself."""
    return parseaddr(header or "")[1] or header or "sender unknown"


def with_thousands(text: str) -> str:
    """Return the status text of a scan with thousands separated."""
    return _COUNTED.sub(lambda found: f"{int(found[0]):,}", text)


def confidence(invoice: Invoice) -> str:
    """Return how far an invoice can be believed: "sure", "likely" or "check"."""
    failed = not all(check.ok for check in invoice.checks)
    return formatting.confidence_level(invoice.confidence, needs_check=invoice.needs_check or failed)


KINDS: dict[InvoiceKind, str] = {"invoice": "Invoice", "receipt": "Receipt", "credit_note": "Credit note"}

OUTCOMES: dict[Outcome, str] = {
    "invoice": "Invoice",
    "duplicate": "Duplicate",
    "failed": "Not read",
    "none": "No invoice",
    "skipped": "Skipped",
}
"""Outcome of a message -> label in the ledger."""
