"""Forms that browsers send (`application/x-www-form-urlencoded`), and what was wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from services.api.http.problems import Problem

_MOST_FIELDS = 1100


@dataclass
class Form:
    """What was filled in, and the sentence beside each field that is wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field without blanks around it; empty if it was not sent."""
        return self.values.get(name, "").strip()

    def secret(self, name: str) -> str:
        """A field exactly as it was typed."""
        return self.values.get(name, "")


async def sent_form(request: Request) -> Form:
    """The form in the body of a request; a `Problem` for a body of another kind."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Problem("bad_request")
    try:
        body = (await request.body()).decode()
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem("bad_request") from None
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return Form(dict(pairs), lists)


SentForm = Annotated[Form, Depends(sent_form)]
