"""Dates of messages: whether one is older than a scan goes back, from its header alone. Pure."""

import calendar
import datetime as dt

from services.scanner.extract.message.headers import date_utc, header
from services.scanner.extract.message.mime_parser import header_of
from services.scanner.repository.ledger import Headers

_HEAD_BYTES = 256 * 1024


def headers_of(raw: bytes) -> Headers:
    """Return the header fields of a message; nothing beyond 256 KB of header is read."""
    head = header_of(raw[:_HEAD_BYTES])
    return Headers(
        message_id=header(head, "message-id"),
        subject=header(head, "subject"),
        sender=header(head, "from"),
        date=date_utc(header(head, "date")),
    )


def months_before(moment: dt.datetime, months: int) -> dt.datetime:
    """Return the moment `months` calendar months before; the month's last day if it has no such
    day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
