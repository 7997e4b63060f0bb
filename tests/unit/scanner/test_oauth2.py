"""What is asked of which token endpoint."""

import pytest

from services.scanner.credentials.oauth2_providers import token_request
from services.scanner.error_codes import PermanentFailure
from shared.mailboxes import MailSecret, OAuth2

SECRET = MailSecret(bound_to="x", refresh_token="r1", client_secret="s1")


def test_google_is_asked_with_the_refresh_token_and_without_a_scope() -> None:
    request = token_request(OAuth2(provider="google", client_id="c1"), SECRET)
    assert request.url == "https://oauth2.googleapis.com/token"
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": "c1",
        "client_secret": "s1",
        "refresh_token": "r1",
    }


@pytest.mark.parametrize(("tenant", "place"), [(None, "common"), ("contoso.example", "contoso.example")])
def test_microsoft_is_asked_for_imap_and_a_new_refresh_token(tenant: str | None, place: str) -> None:
    public_client = MailSecret(bound_to="x", refresh_token="r1")
    request = token_request(OAuth2(provider="microsoft", client_id="c1", tenant=tenant), public_client)
    assert request.url == f"https://login.microsoftonline.com/{place}/oauth2/v2.0/token"
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": "c1",
        "refresh_token": "r1",
        "scope": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    }


def test_an_application_of_microsoft_asks_by_itself() -> None:
    oauth2 = OAuth2(provider="microsoft", grant="client_credentials", client_id="c1", tenant="t1")
    assert token_request(oauth2, SECRET).form == {
        "grant_type": "client_credentials",
        "client_id": "c1",
        "client_secret": "s1",
        "scope": "https://outlook.office365.com/.default",
    }


def test_another_provider_is_asked_where_and_for_what_the_account_says() -> None:
    oauth2 = OAuth2(provider="other", client_id="c1", token_url="https://login.example.com/token", scope="imap")
    request = token_request(oauth2, SECRET)
    assert (request.url, request.form["scope"]) == ("https://login.example.com/token", "imap")


@pytest.mark.parametrize(
    ("oauth2", "secret"),
    [
        (OAuth2(provider="google", client_id="c1"), MailSecret(bound_to="x")),
        (OAuth2(provider="other", client_id="c1"), SECRET),
    ],
)
def test_what_is_stored_incompletely_is_said(oauth2: OAuth2, secret: MailSecret) -> None:
    with pytest.raises(PermanentFailure, match="cannot be read any more"):
        token_request(oauth2, secret)
