"""Values in requests that are taken as their JSON Schema says, where pydantic reads them otherwise."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

VISIBLE = r"\S"
"""For texts whose white space at both ends is taken away: something else must be in them, and their schema says so."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_a_day(value: Any) -> Any:
    """Pydantic takes a number for seconds since 1970."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return dt.date.fromisoformat(value)
    raise ValueError("a day as YYYY-MM-DD")


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 3.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Day = Annotated[dt.date, BeforeValidator(_only_a_day)]
Months = Annotated[int, Field(ge=1, le=12), BeforeValidator(_whole)]
Days = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_whole)]
