"""Moments as events, answers and documents have them: in UTC, with milliseconds."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema


def rfc3339(moment: dt.datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the precision that a BSON date keeps."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_milliseconds(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC, cut to milliseconds: what is read from an event equals what is read back from MongoDB.

    Raises `ValueError` for a moment that has no year in UTC.
    """
    try:
        utc = moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("out of range") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(to_milliseconds),
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def utc_now() -> dt.datetime:
    """The present moment, cut to the milliseconds that events and documents keep."""
    return to_milliseconds(dt.datetime.now(dt.UTC))
