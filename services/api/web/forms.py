"""Forms sent by browsers (`application/x-www-form-urlencoded`), with the errors of their fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from services.api.http.problems import Problem

_MAX_FIELDS = 1100


@dataclass
class Form:
    """Values of a form, and the sentence for each field that is wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field without surrounding blanks; empty if it was not sent."""
        return self.values.get(name, "").strip()

    def secret(self, name: str) -> str:
        """Return a field exactly as it was typed."""
        return self.values.get(name, "")


async def parse_form(request: Request) -> Form:
    """Parse the form in the body of a request. Raises `Problem` for another type of body."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Problem("bad_request")
    try:
        body = (await request.body()).decode()
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise Problem("bad_request") from None
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return Form(dict(pairs), lists)


SentForm = Annotated[Form, Depends(parse_form)]
