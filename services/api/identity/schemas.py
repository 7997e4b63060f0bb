"""What requests and answers about identity look like."""

from pydantic import BaseModel, ConfigDict, Field

from services.api.bodies import Label
from services.api.values import Days
from shared.events import Timestamp

_BODY = ConfigDict(frozen=True, strict=True, extra="forbid")


class LoginBody(BaseModel):
    """`POST /v1/auth/login`."""

    model_config = _BODY

    username: str = Field(max_length=64, examples=["ada"])
    password: str = Field(max_length=1000, examples=["correct horse battery staple"])


class NewKey(BaseModel):
    """`POST /v1/keys`."""

    model_config = _BODY

    label: Label = Field(description="what the key is for", examples=["Bookkeeping"])
    expires_in_days: Days | None = Field(default=None, description="null: until it is revoked")


class ApiKey(BaseModel):
    """A key of a user, without its text."""

    key_id: str
    label: str
    created_at: Timestamp
    expires_at: Timestamp | None
    used_at: Timestamp | None = Field(description="when it was last used, give or take a minute")


class ShownKey(ApiKey):
    """A new key; its text is shown this once and stored nowhere."""

    key: str = Field(description="send it as `Authorization: Bearer`")


class ApiKeys(BaseModel):
    """The user's keys, newest first."""

    items: list[ApiKey]


class Ticket(BaseModel):
    """Opens one event stream, once, for a client that can send neither header nor cookie."""

    ticket: str
    expires_in: int = Field(description="seconds")
