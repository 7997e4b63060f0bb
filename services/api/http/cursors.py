"""Opaque page cursors: the sort key of the last item, so that pages stay right while items come and
go."""

import base64
import binascii
import datetime as dt
from typing import Any

import orjson

from services.api.http.problems import Fault, Problem


def encode(*key: str | int | None) -> str:
    """Return the cursor that continues after the item with this sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode(cursor: str, *types: type | tuple[type, ...]) -> list[Any]:
    """Return the sort key in `cursor`; raises `Problem` 422 unless it has exactly these types."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, orjson.JSONDecodeError):
        raise invalid() from None
    if not isinstance(key, list) or len(key) != len(types):
        raise invalid()
    if not all(isinstance(value, kind) and not isinstance(value, bool) for value, kind in zip(key, types, strict=True)):
        raise invalid()
    return key


def encode_time(at: dt.datetime, item_id: str) -> str:
    """Return the cursor of a list that is sorted by time, then id."""
    return encode(round(at.timestamp() * 1000), item_id)


def decode_time(cursor: str) -> tuple[dt.datetime, str]:
    """Return the time and the id in a cursor of `encode_time`; raises `Problem` 422."""
    milliseconds, item_id = decode(cursor, int, str)
    try:
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC), item_id
    except (ValueError, OverflowError, OSError):
        raise invalid() from None


def invalid() -> Problem:
    """Return the problem for a cursor that does not belong to this list."""
    fault = Fault(pointer="/query/cursor", detail="Use the `next_cursor` of the previous page, unchanged.")
    return Problem("invalid_request", "The cursor does not belong to this list.", errors=[fault])
