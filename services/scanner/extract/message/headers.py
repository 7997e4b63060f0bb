"""Lenient reading of mail headers (RFC 5322, RFC 2047): whatever real mail contains, none
raises."""

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from services.scanner.extract.charsets import decode_bytes

MAX_HEADER_CHARACTERS = 998


def header(message: Message, name: str) -> str | None:
    """Return the first header of this name, decoded, on one line of bounded length.

    Returns None if it is absent or empty. `name` is in lower case.
    """
    for key, value in message.raw_items():
        if key.lower() == name:
            return _decoded(str(value)[: 8 * MAX_HEADER_CHARACTERS])[:MAX_HEADER_CHARACTERS] or None
    return None


def sender_name(sender: str | None) -> tuple[str | None, str | None]:
    """Return the display name and the mail domain of a From header."""
    try:
        name, address = parseaddr(sender or "")
    except RecursionError:  # the standard parser uses one stack frame per bracket
        return None, None
    domain = address.rpartition("@")[2].lower()
    return (name.strip() or None), (domain or None)


def date_utc(value: str | None) -> datetime | None:
    """Return a Date header in UTC; None if it cannot be parsed."""
    if value is None:
        return None
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _decoded(raw: str) -> str:
    text = decode_bytes(raw.encode("utf-8", "surrogateescape"), None)
    if "=?" in text:
        try:
            pieces = decode_header(text)
        except (HeaderParseError, ValueError):
            pieces = [(text, None)]
        text = "".join(piece if isinstance(piece, str) else decode_bytes(piece, charset) for piece, charset in pieces)
    return re.sub(r"[\s\x00-\x1f\x7f\ud800-\udfff]+", " ", text).strip()
