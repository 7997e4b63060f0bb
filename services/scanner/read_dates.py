"""Whether a message is older than a scan goes back, told from its header alone. Pure."""

import calendar
import datetime as dt

from services.scanner.extract.message.headers import date_utc, header
from services.scanner.extract.message.mime_parser import parse_header
from services.scanner.repository.ledger import Headers

_HEAD_BYTES = 256 * 1024


def headers_of(raw: bytes) -> Headers:
    """What the message says of itself; beyond 256 KB of header nothing is read."""
    head = parse_header(raw[:_HEAD_BYTES])
    return Headers(
        message_id=header(head, "message-id"),
        subject=header(head, "subject"),
        sender=header(head, "from"),
        date=date_utc(header(head, "date")),
    )


def goes_back_to(asked_at: dt.datetime, months: int) -> dt.datetime:
    """The moment that many calendar months before; the last day of the month where it has no such day."""
    year, month = divmod(asked_at.year * 12 + asked_at.month - 1 - months, 12)
    day = min(asked_at.day, calendar.monthrange(year, month + 1)[1])
    return asked_at.replace(year=year, month=month + 1, day=day)
