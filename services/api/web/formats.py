"""Formatting of numbers, amounts, dates and durations on pages. Pure; None gives an en dash."""

import datetime as dt
import re
from decimal import Decimal
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.api.scans.schemas import Outcome
from shared.invoices import Invoice, InvoiceKind

NOT_FOUND = Markup('<span aria-hidden="true">\u2013</span><span class="hidden-text">not found</span>')
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_COUNTED = re.compile(r"\b\d{4,}(?= (?:of \d|messages|invoices))")
_SURE = 0.95
_LIKELY = 0.80


def count(number: int, noun: str = "", many: str = "") -> str:
    """Format a whole number with its noun: "1 invoice", "19,346 messages"."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def amount(value: Decimal | str | None, currency: str | None = None) -> str:
    """Format an amount as "EUR 1,284.50", with all its digits and U+2212 for minus."""
    if value is None:
        return NOT_FOUND
    number = f"{Decimal(value):,f}".replace("-", "\u2212")
    return f"{currency} {number}" if currency else number


def signed(value: Decimal | None, sign: int) -> Decimal | None:
    """Return an amount with its sign: negative on a credit note, however that writes it."""
    return value if value is None or sign > 0 else -abs(value)


def day(value: dt.date | None) -> str:
    """Format a date as "12 Nov 2026"."""
    return NOT_FOUND if value is None else f"{value.day} {value:%b %Y}"


def percent(part: int, whole: int) -> str:
    """Format a share with one decimal: "95.8%"."""
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def size(octets: int) -> str:
    """Format bytes in a decimal unit: "531 kB", "640 MB", "2.1 GB"."""
    for limit, divisor, unit in ((1000, 1, "bytes"), (10**6, 10**3, "kB"), (10**9, 10**6, "MB")):
        if octets < limit:
            return f"{octets / divisor:.0f} {unit}"
    return f"{octets / 10**9:.1f} GB"


def duration(seconds: float | None) -> str:
    """Format a duration: "47 s", "3 min 12 s", "2 h 5 min"."""
    if seconds is None:
        return NOT_FOUND
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s" if whole else f"{seconds:.1f} s"
    if whole < _HOUR:
        minutes, rest = divmod(whole, _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ago(then: dt.datetime, now: dt.datetime) -> str:
    """Format the time since `then` in its largest unit: "just now", "2 hours ago"."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{count(int(seconds // _MINUTE), 'minute')} ago"
    if seconds < _DAY:
        return f"{count(int(seconds // _HOUR), 'hour')} ago"
    days = int(seconds // _DAY)
    return "yesterday" if days == 1 else f"{count(days, 'day')} ago"


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
    """Return "sure", "likely" or "check" for an invoice; after a failed check always "check"."""
    if invoice.needs_check or not all(check.ok for check in invoice.checks):
        return "check"
    return level(invoice.confidence)


def level(share: float) -> str:
    """Return the level of a confidence (0 to 1): "sure", "likely" or "check"."""
    return "sure" if share >= _SURE else "likely" if share >= _LIKELY else "check"


KINDS: dict[InvoiceKind, str] = {"invoice": "Invoice", "receipt": "Receipt", "credit_note": "Credit note"}

OUTCOMES: dict[Outcome, str] = {
    "invoice": "Invoice",
    "duplicate": "Duplicate",
    "failed": "Not read",
    "none": "No invoice",
    "skipped": "Skipped",
}
"""Outcome of a message -> label in the ledger."""
