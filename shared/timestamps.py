"""Timestamps of events, responses and documents: in UTC, with milliseconds."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema


def rfc3339(moment: dt.datetime) -> str:
    """Format as RFC 3339 in UTC with milliseconds, the precision of a BSON date."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_milliseconds(moment: dt.datetime) -> dt.datetime:
    """Convert to UTC and cut to milliseconds, so that a value from an event equals the same one
    from MongoDB.

    Raises `ValueError` for a time that has no year in UTC.
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
    """Return the present time, cut to milliseconds."""
    return to_milliseconds(dt.datetime.now(dt.UTC))
