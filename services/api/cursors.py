"""Opaque page cursors: the sort key of the last item shown, so that pages stay right while items come and go."""

import base64
import binascii
from typing import Any

import orjson

from services.api.problems import Fault, Problem


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


def invalid() -> Problem:
    """The answer to a cursor that was not given out for this list."""
    fault = Fault(pointer="/query/cursor", detail="Take the cursor from the answer before, unchanged.")
    return Problem("invalid_request", "The cursor does not belong to this list.", errors=[fault])
