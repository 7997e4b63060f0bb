"""Request and response models of identity."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.http.request_types import Days, Label
from shared.events import Timestamp

UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1000)]


class User(BaseModel):
    """A user of the product."""

    user_id: str
    name: str
    admin: bool


class AccessToken(BaseModel):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (the name of a scheme)
    expires_in: int = Field(description="seconds")


class SignInLink(BaseModel):
    """A link for a browser, good once."""

    path: str = Field(description="relative to the address of the api")
    expires_in: int = Field(description="seconds")


class Me(User):
    """The user whom the token stands for."""

    expires_at: dt.datetime


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
