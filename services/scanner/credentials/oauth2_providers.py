"""OAuth 2.0 endpoints and scopes of the large mail providers, and of others (RFC 6749). Pure."""

from typing import NamedTuple

from services.scanner.error_codes import ErrorCode, PermanentFailure
from shared.mailboxes import MailSecret, OAuth2

_GOOGLE = "https://oauth2.googleapis.com/token"
_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_ANY_TENANT = "common"
_SCOPES = {
    ("google", "refresh_token"): None,  # a refresh token has the scopes that it was given with
    ("microsoft", "refresh_token"): "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ("microsoft", "client_credentials"): "https://outlook.office365.com/.default",
}


class TokenRequest(NamedTuple):
    """The endpoint, and the form that is sent to it."""

    url: str
    form: dict[str, str]


def token_request(oauth2: OAuth2, secret: MailSecret) -> TokenRequest:
    """Return the request for an access token.

    Raises `PermanentFailure` when the stored credentials are not enough for one.
    """
    form = {"grant_type": oauth2.grant, "client_id": oauth2.client_id}
    if secret.client_secret is not None:
        form["client_secret"] = secret.client_secret
    if oauth2.grant == "refresh_token":
        if secret.refresh_token is None:
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=True)
        form["refresh_token"] = secret.refresh_token
    scope = oauth2.scope or _SCOPES.get((oauth2.provider, oauth2.grant))
    if scope is not None:
        form["scope"] = scope
    return TokenRequest(_endpoint(oauth2), form)


def _endpoint(oauth2: OAuth2) -> str:
    if oauth2.provider == "google":
        return _GOOGLE
    if oauth2.provider == "microsoft":
        return _MICROSOFT.format(tenant=oauth2.tenant or _ANY_TENANT)
    if oauth2.token_url is None:
        raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=True)
    return oauth2.token_url
