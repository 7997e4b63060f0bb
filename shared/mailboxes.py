"""Settings of a mailbox on a mail server: `email_accounts.source.imap`, written by the api, read by
the scanner."""

from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

Security = Literal["tls", "starttls"]
Auth = Literal["password", "xoauth2"]
OAuth2Provider = Literal["google", "microsoft", "other"]
OAuth2Grant = Literal["refresh_token", "client_credentials"]


NOT_DELETED: Final[dict[str, Any]] = {"deleted_at": None}
"""Part of every filter of `email_accounts`: an account whose deletion has begun must not be found."""


class _Stored(BaseModel):
    # An error that quoted the wrong input would bring names and secrets into logs.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class OAuth2(_Stored):
    """The source of access tokens (RFC 6749): a person's refresh token, or the application's own
    credentials."""

    provider: OAuth2Provider
    grant: OAuth2Grant = "refresh_token"
    client_id: str
    tenant: str | None = None
    """Microsoft's directory; None: any."""
    token_url: str | None = None
    """Only for provider "other"."""
    scope: str | None = None
    """None: what the provider needs for IMAP."""


class ImapMailbox(_Stored):
    """A mailbox on a mail server.

    `secret` is sealed (`shared.sealing`); only a scanner can open it.
    """

    host: str
    port: int = Field(ge=1, le=65535)
    security: Security
    username: str
    auth: Auth
    oauth2: OAuth2 | None = None
    folders: tuple[str, ...] = ()
    """By name; empty: the folders of the scan type."""
    secret: str
    secret_version: int = 1
    """Rises with each new secret, so that an older one never replaces a newer one."""


class MailSecret(_Stored):
    """The credentials of a mailbox, as they are sealed.

    `bound_to` is the only mailbox that they may be used for: a person who changes the server must
    enter them again.
    """

    bound_to: str
    password: str | None = None
    refresh_token: str | None = None
    client_secret: str | None = None


def binding(account_id: str, mailbox: ImapMailbox) -> str:
    """Return the `bound_to` of the secret of this account's mailbox."""
    places: list[Any] = [account_id, mailbox.username, mailbox.security, mailbox.host.lower(), mailbox.port]
    if mailbox.oauth2 is not None:
        oauth2 = mailbox.oauth2
        places += [oauth2.provider, oauth2.grant, oauth2.client_id, oauth2.tenant, oauth2.token_url]
    return orjson.dumps(places).decode()
