"""How numbers, amounts, dates and spans are written on pages. Pure; what is not known is None and gives an en dash."""

import datetime as dt
import re
from decimal import Decimal
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.api.scans.schemas import Outcome
from shared.invoice_fields import InvoiceKind
from shared.invoices import Invoice

NOT_FOUND = Markup('<span aria-hidden="true">\u2013</span><span class="hidden-text">not found</span>')
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_COUNTED = re.compile(r"\b\d{4,}(?= (?:of \d|messages|invoices))")
_SURE = 0.95
_LIKELY = 0.80


def count(number: int, noun: str = "", many: str = "") -> str:
    """A whole number with thousands separated, and its noun in the right number: "1 invoice", "19,346 messages"."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def amount(value: Decimal | str | None, currency: str | None = None) -> str:
    """ "EUR 1,284.50", every digit kept, with U+2212 for minus."""
    if value is None:
        return NOT_FOUND
    number = f"{Decimal(value):,f}".replace("-", "\u2212")
    return f"{currency} {number}" if currency else number


def signed(value: Decimal | None, sign: int) -> Decimal | None:
    """An amount as it counts: what a credit note says is subtracted, however it writes it."""
    return value if value is None or sign > 0 else -abs(value)


def day(value: dt.date | None) -> str:
    """ "12 Nov 2026"."""
    return NOT_FOUND if value is None else f"{value.day} {value:%b %Y}"


def percent(part: int, whole: int) -> str:
    """A share with one decimal: "95.8%"."""
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def size(octets: int) -> str:
    """Bytes in the decimal unit a person would choose: "531 kB", "640 MB", "2.1 GB"."""
    for limit, divisor, unit in ((1000, 1, "bytes"), (10**6, 10**3, "kB"), (10**9, 10**6, "MB")):
        if octets < limit:
            return f"{octets / divisor:.0f} {unit}"
    return f"{octets / 10**9:.1f} GB"


def duration(seconds: float | None) -> str:
    """A span that is over: "47 s", "3 min 12 s", "2 h 5 min"."""
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
    """How long ago in its largest unit: "just now", "2 minutes ago", "yesterday", "3 days ago"."""
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
    """ "12 Nov 2026, 14:02:31" in the reader's zone."""
    local = moment.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def time_tag(moment: dt.datetime | None, shown: str, zone: ZoneInfo) -> Markup:
    """`<time>` with the exact moment on hover; `shown` is what stands there."""
    if moment is None:
        return NOT_FOUND
    stamp = moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, exact(moment, zone), escape(shown))


def limit(octets: int) -> str:
    """A limit, which is set in binary units, as people call it: "1 GB"."""
    mebibytes = octets // 1024**2
    return f"{mebibytes / 1024:g} GB" if mebibytes >= 1024 and mebibytes % 512 == 0 else f"{mebibytes} MB"


def total(invoice: Invoice) -> str:
    """The total of an invoice; that of a credit note is money that comes back."""
    if invoice.kind == "credit_note" and invoice.total is not None:
        return amount(-abs(invoice.total), invoice.currency)
    return amount(invoice.total, invoice.currency)


def sender(header: str | None) -> str:
    """The address in a From header, or the header itself."""
    return parseaddr(header or "")[1] or header or "sender unknown"


def spoken(text: str) -> str:
    """What a scan says of itself, with thousands separated."""
    return _COUNTED.sub(lambda found: f"{int(found[0]):,}", text)


def confidence(invoice: Invoice) -> str:
    """How far an invoice can be believed: "sure", "likely" or "check"; with a failed check never more than that."""
    if invoice.needs_check or not all(check.ok for check in invoice.checks):
        return "check"
    return level(invoice.confidence)


def level(share: float) -> str:
    """How far something of this confidence can be believed: "sure", "likely" or "check"."""
    return "sure" if share >= _SURE else "likely" if share >= _LIKELY else "check"


KINDS: dict[InvoiceKind, str] = {"invoice": "Invoice", "receipt": "Receipt", "credit_note": "Credit note"}

OUTCOMES: dict[Outcome, str] = {
    "invoice": "Invoice",
    "duplicate": "Duplicate",
    "failed": "Not read",
    "none": "No invoice",
    "skipped": "Skipped",
}
"""What became of a message, as the ledger calls it."""
