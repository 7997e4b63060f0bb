"""What all request bodies have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.api.http.request_types import VISIBLE

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=VISIBLE)]


class Body(BaseModel):
    """A request body: types are taken literally and unknown fields refused, so that a typing error is no surprise."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)
