"""Opaque page cursors: the sort key of the last item shown, so that pages stay right while items come and go."""

import base64
import binascii
import datetime as dt
from typing import Any

import orjson

from services.api.http.problems import Fault, Problem


def encode(*key: str | int | None) -> str:
    """The cursor that continues after the item with this sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode(cursor: str, *types: type | tuple[type, ...]) -> list[Any]:
    """The sort key inside `cursor`, which must have exactly these types; a `Problem` when it has not."""
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
    """The cursor of a list that is sorted by time, then id."""
    return encode(round(at.timestamp() * 1000), item_id)


def decode_time(cursor: str) -> tuple[dt.datetime, str]:
    """The time and the id inside a cursor of `encode_time`; a `Problem` when it is none."""
    milliseconds, item_id = decode(cursor, int, str)
    try:
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC), item_id
    except (ValueError, OverflowError, OSError):
        raise invalid() from None


def invalid() -> Problem:
    """The answer to a cursor that was not given out for this list."""
    fault = Fault(pointer="/query/cursor", detail="Take the cursor from the answer before, unchanged.")
    return Problem("invalid_request", "The cursor does not belong to this list.", errors=[fault])
