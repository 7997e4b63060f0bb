"""Request models of accounts, and what is shown of a mail server: never a secret."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints

from services.api.http.request_types import Body, Label
from shared.mailboxes import Auth, OAuth2, OAuth2Grant, OAuth2Provider, Security
from shared.net.hosts import NotAHost, canonical_host

_MOST_FOLDERS = 200
_CONTROL = frozenset(map(chr, (*range(32), 127)))
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


def _host(text: str) -> str:
    try:
        return canonical_host(text)
    except NotAHost:
        raise ValueError("must be the name or the address of a mail server, such as imap.example.com") from None


def _secret(value: SecretStr) -> SecretStr:
    if any(character in _CONTROL for character in value.get_secret_value()):
        raise ValueError("must not hold control characters")
    return value


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("must name each folder once")
    return names


Host = Annotated[str, Field(min_length=1, max_length=260), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Username = Annotated[str, Field(min_length=1, max_length=254, pattern=_PRINTABLE)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1000), AfterValidator(_secret)]
TokenSecret = Annotated[SecretStr, Field(min_length=1, max_length=16_000), AfterValidator(_secret)]
Folders = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=500, pattern=_PRINTABLE)]],
    Field(max_length=_MOST_FOLDERS),
    AfterValidator(_each_once),
]
ClientId = Annotated[str, Field(min_length=1, max_length=500, pattern=_PRINTABLE)]


class NewOAuth2(Body):
    """Where access tokens come from (RFC 6749), with its secrets."""

    provider: OAuth2Provider
    grant: OAuth2Grant = "refresh_token"
    client_id: ClientId
    client_secret: TokenSecret | None = None
    refresh_token: TokenSecret | None = None
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$")] | None = None
    token_url: Annotated[str, Field(max_length=1000)] | None = Field(
        default=None, description='https address of the token endpoint, for provider "other" alone'
    )
    scope: Annotated[str, Field(min_length=1, max_length=1000, pattern=_PRINTABLE)] | None = None


class NewUploadSource(Body):
    """Mail that is uploaded afterwards."""

    kind: Literal["upload"]


class NewImapSource(Body):
    """A mailbox on a mail server. With `auth` "password" it has a `password`, with "xoauth2" an
    `oauth2`."""

    kind: Literal["imap"]
    host: Host
    port: Port | None = Field(default=None, description="left out: 993 for tls, 143 for starttls")
    security: Security = "tls"
    username: Username
    auth: Auth = "password"
    password: Password | None = None
    oauth2: NewOAuth2 | None = None
    folders: Folders = Field(default=[], description="by name; empty: what the scan type says")


class NewAccount(Body):
    """`POST /v1/accounts`."""

    label: Label
    source: Annotated[NewUploadSource | NewImapSource, Field(discriminator="kind")]


class ImapChange(Body):
    """The changed settings. What a secret is sent to may only change together with the secret."""

    host: Host | None = None
    port: Port | None = None
    security: Security | None = None
    username: Username | None = None
    auth: Auth | None = None
    password: Password | None = None
    oauth2: NewOAuth2 | None = None
    folders: Folders | None = None


class AccountChange(Body):
    """`PATCH /v1/accounts/{account_id}`: what is left out stays as it is."""

    label: Label | None = None
    source: ImapChange | None = None


class ImapSource(BaseModel):
    """A mailbox on a mail server, without its secret."""

    kind: Literal["imap"] = "imap"
    host: str
    port: int
    security: Security
    username: str
    auth: Auth
    oauth2: OAuth2 | None
    folders: tuple[str, ...]
