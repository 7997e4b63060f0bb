"""Base class and value types of requests, for values that pydantic reads otherwise than their JSON
Schema says."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

VISIBLE = r"\S"
"""For texts that are stripped of white space: something else must be left, and their schema says
so."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Body(BaseModel):
    """A request body: types are taken literally and unknown fields refused, so that typing errors
    are noticed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def _only_a_day(value: Any) -> Any:
    """Parse a day as text; pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return dt.date.fromisoformat(value)
    raise ValueError("a day as YYYY-MM-DD")


def _whole_number(value: Any) -> Any:
    """Convert 3.0 to 3: JSON knows one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=VISIBLE)]
Day = Annotated[dt.date, BeforeValidator(_only_a_day)]
Months = Annotated[int, Field(ge=1, le=12), BeforeValidator(_whole_number)]
Days = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_whole_number)]
