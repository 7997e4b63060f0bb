"""What logs in to a mail server, from the environment of a script."""

import pytest

from cli.errors import UsageError
from cli.mailboxes.credentials_prompt import OAuth2Options, oauth2_login, password_login

NOBODY: dict[str, str] = {}


def test_a_password_comes_from_the_environment() -> None:
    login = password_login("ada", "imap.example.com", {"MAILTALLY_PASSWORD": "hidden"})
    assert login == {"auth": "password", "password": "hidden"}


def test_oauth2_secrets_come_from_the_environment_and_what_was_not_said_is_left_out() -> None:
    options = OAuth2Options("microsoft", "client-1", tenant="contoso.example")
    login = oauth2_login(options, {"MAILTALLY_REFRESH_TOKEN": "r1"})
    assert login == {
        "auth": "xoauth2",
        "oauth2": {
            "provider": "microsoft",
            "client_id": "client-1",
            "grant": "refresh_token",
            "tenant": "contoso.example",
            "refresh_token": "r1",
        },
    }


def test_an_application_logs_in_with_its_own_secret() -> None:
    options = OAuth2Options("other", "c", "client_credentials", token_url="https://x.example/t", scope="imap")
    given = {"MAILTALLY_CLIENT_SECRET": "s1", "MAILTALLY_REFRESH_TOKEN": "unused"}
    oauth2 = oauth2_login(options, given)["oauth2"]
    assert (oauth2["client_secret"], oauth2["scope"], "refresh_token" in oauth2) == ("s1", "imap", False)


@pytest.mark.parametrize("grant", ["refresh_token", "client_credentials"])
def test_where_nobody_can_be_asked_the_variable_is_named(grant: str) -> None:
    with pytest.raises(UsageError, match=r"MAILTALLY_(REFRESH_TOKEN|CLIENT_SECRET)"):
        oauth2_login(OAuth2Options("other", "c", grant), NOBODY)
    with pytest.raises(UsageError, match="MAILTALLY_PASSWORD"):
        password_login("ada", "imap.example.com", NOBODY)
