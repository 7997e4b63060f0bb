"""Secrets opened and access tokens fetched: real HTTPS, real events, a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from services.scanner.credentials.login_provider import LoginProvider
from services.scanner.credentials.token_client import TokenClient
from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.event_publisher import EventPublisher
from services.scanner.sources.imap.login import PasswordLogin, TokenLogin
from shared import mongo
from shared.events import AccountSecretRotated
from shared.mailboxes import OAuth2
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.net.address_policy import NetworkPolicy
from shared.sealing import Opener, Sealer, new_key_pair
from tests.support.keys import PRIVATE_KEY
from tests.support.mail_accounts import StoredAccount, an_account
from tests.support.scanning import Stage, a_stage
from tests.support.servers import TestDatabase, Vhost
from tests.support.token_server import HOST, TokenServer, a_token_server


@dataclass
class Provider:
    """A token server, and logins that may connect to it."""

    server: TokenServer
    stage: Stage
    logins: LoginProvider

    def account(self, **secret: Any) -> StoredAccount:
        oauth2 = OAuth2(provider="other", client_id="client-1", token_url=self.server.url)
        return an_account(oauth2=oauth2, **(secret or {"refresh_token": "refresh-1", "client_secret": "hush"}))

    async def token(self, account: StoredAccount) -> str:
        login = await self.logins.login(account.account_id, account.mailbox)
        assert isinstance(login, TokenLogin)
        return login.access_token

    async def rotated(self, account: StoredAccount) -> AccountSecretRotated:
        def events() -> list[AccountSecretRotated]:
            told = [event.data for event in self.stage.said.events]
            return [data for data in told if isinstance(data, AccountSecretRotated)]

        await self.stage.said.until(lambda: bool(events()))
        (data,) = events()
        assert data.account_id == account.account_id
        return data


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


@pytest.fixture
async def provider(stage: Stage) -> AsyncIterator[Provider]:
    broker = publishing_broker(stage.vhost.url("scanner"), service="scanner")
    client = mongo.connect(stage.test_database.url("scanner"), service="scanner")
    await start_when_reachable(broker)
    accounts = mongo.database(client, stage.test_database.name)["email_accounts"]
    async with a_token_server() as server:
        policy = NetworkPolicy(frozenset({993}), allow_private=True)
        requests = TokenClient(policy, server.authority, lookup=server.look_up)
        logins = LoginProvider(accounts, Opener(PRIVATE_KEY), requests, EventPublisher(Publisher(broker)))
        yield Provider(server, stage, logins)
        await logins.close()
    await broker.stop()
    client.close()


async def refusal(provider: Provider, account: StoredAccount) -> ErrorCode:
    with pytest.raises(PermanentFailure) as refused:
        await provider.logins.login(account.account_id, account.mailbox)
    return refused.value.code


async def test_a_password_is_opened_for_its_mailbox_and_no_other(provider: Provider) -> None:
    account = an_account(password="secret-1")
    assert await provider.logins.login(account.account_id, account.mailbox) == PasswordLogin(
        "ada@example.test", "secret-1"
    )
    for change in ({"host": "evil.test"}, {"port": 143}, {"security": "starttls"}, {"username": "bob"}):
        moved = StoredAccount(account.account_id, account.mailbox.model_copy(update=change))
        assert await refusal(provider, moved) is ErrorCode.SECRET_UNREADABLE
    assert await refusal(provider, StoredAccount("another", account.mailbox)) is ErrorCode.SECRET_UNREADABLE
    assert provider.logins.refused(account.account_id, PasswordLogin("a", "b")) is False


async def test_a_refresh_token_goes_to_no_other_endpoint_than_it_was_given_for(provider: Provider) -> None:
    account = provider.account()
    elsewhere = OAuth2(provider="other", client_id="client-1", token_url="https://evil.test/token")
    moved = StoredAccount(account.account_id, account.mailbox.model_copy(update={"oauth2": elsewhere}))
    assert await refusal(provider, moved) is ErrorCode.SECRET_UNREADABLE
    assert provider.server.requests == []


async def test_a_secret_for_another_key_or_of_no_form_is_unreadable(provider: Provider) -> None:
    account = an_account(password="x")
    account.sealer = Sealer(new_key_pair()[1])
    account.seal(password="x")
    assert await refusal(provider, account) is ErrorCode.SECRET_UNREADABLE
    account.mailbox = account.mailbox.model_copy(update={"secret": "no base64"})
    assert await refusal(provider, account) is ErrorCode.SECRET_UNREADABLE


async def test_a_token_is_fetched_once_for_all_who_need_it_and_kept(provider: Provider) -> None:
    account = provider.account()
    tokens = await asyncio.gather(*(provider.token(account) for _ in range(5)))
    assert {*tokens, await provider.token(account)} == {"access-1"}
    assert provider.server.requests == [
        {
            "grant_type": "refresh_token",
            "client_id": "client-1",
            "client_secret": "hush",
            "refresh_token": "refresh-1",
        }
    ]
    assert provider.server.lookups == 1


async def test_a_token_that_is_over_is_fetched_anew(provider: Provider) -> None:
    account = provider.account()
    provider.server.lasts = 0
    assert [await provider.token(account) for _ in range(2)] == ["access-1", "access-2"]


async def test_a_token_that_was_taken_back_is_fetched_anew_once(provider: Provider) -> None:
    account = provider.account()
    first = await provider.logins.login(account.account_id, account.mailbox)
    again = await provider.logins.login(account.account_id, account.mailbox)
    assert provider.logins.refused(account.account_id, again) is True
    assert provider.logins.refused(account.account_id, first) is True  # whoever else had it may ask again as well
    fresh = await provider.logins.login(account.account_id, account.mailbox)
    assert fresh == TokenLogin("ada@example.test", "access-2")
    assert provider.logins.refused(account.account_id, fresh) is False


async def test_another_secret_of_the_account_never_gets_the_token_of_the_former(provider: Provider) -> None:
    account = provider.account()
    assert await provider.token(account) == "access-1"
    account.seal(version=2, refresh_token="refresh-2")
    assert await provider.token(account) == "access-2"
    assert provider.server.requests[-1]["refresh_token"] == "refresh-2"


async def test_a_new_refresh_token_is_sealed_reported_and_used_from_then_on(provider: Provider) -> None:
    account = provider.account()
    provider.server.lasts = 0
    provider.server.refresh_tokens = ["refresh-1"]
    await provider.token(account)
    reported = await provider.rotated(account)
    assert reported.previous_version == 1
    assert "refresh" not in reported.sealed_secret
    secret = Opener(PRIVATE_KEY).open(reported.sealed_secret)
    assert (secret.refresh_token, secret.client_secret) == ("refresh-2", "hush")
    # Until the api has stored it, and whoever still has the mailbox as it was, uses the new one all the same.
    await provider.token(account)
    stored = {"secret": reported.sealed_secret, "secret_version": 2}
    account.mailbox = account.mailbox.model_copy(update=stored)
    await provider.token(account)
    assert [form["refresh_token"] for form in provider.server.requests] == ["refresh-1", "refresh-2", "refresh-3"]


async def test_a_new_refresh_token_is_reported_although_whoever_asked_went_away(provider: Provider) -> None:
    account = provider.account()
    provider.server.refresh_tokens = ["refresh-1"]
    provider.server.hold = asyncio.Event()
    asking = asyncio.create_task(provider.token(account))
    await provider.server.arrived.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    provider.server.hold.set()
    assert Opener(PRIVATE_KEY).open((await provider.rotated(account)).sealed_secret).refresh_token == "refresh-2"


async def test_a_refresh_token_that_another_scanner_used_up_is_replaced_by_what_the_account_has_by_now(
    provider: Provider,
) -> None:
    account = provider.account()
    provider.server.refresh_tokens = ["refresh-1", "refresh-2"]
    stale = StoredAccount(account.account_id, account.mailbox)
    account.seal(version=2, refresh_token="refresh-2", client_secret="hush")
    await account.store(provider.stage.db)
    assert await provider.token(stale) == "access-2"
    assert (await provider.rotated(account)).previous_version == 2


async def test_a_grant_that_is_refused_needs_the_person_again(provider: Provider) -> None:
    account = provider.account()
    await account.store(provider.stage.db)
    for error in ("invalid_grant", "invalid_client", "interaction_required"):
        provider.server.answers.append((400, {"error": error, "error_description": "hush"}))
        assert await refusal(provider, account) is ErrorCode.LOGIN_REFUSED


@pytest.mark.parametrize(
    "answer", [(500, b"oops"), (503, {}), (429, {"error": "slow_down"}), (200, b"no json"), (200, b"x" * 300_000)]
)
async def test_an_endpoint_in_trouble_is_asked_again_later(provider: Provider, answer: tuple[int, object]) -> None:
    account = provider.account()
    provider.server.answers.append(answer)
    with pytest.raises(OSError, match="token endpoint"):
        await provider.token(account)
    assert await provider.token(account) == "access-2"


async def test_a_redirect_is_not_followed(provider: Provider) -> None:
    provider.server.answers.append((302, b""))
    assert await refusal(provider, provider.account()) is ErrorCode.LOGIN_REFUSED
    assert len(provider.server.requests) == 1


async def test_an_endpoint_that_is_away_is_asked_again_later(provider: Provider) -> None:
    nobody = OAuth2(provider="other", client_id="client-1", token_url=f"https://{HOST}:1/token")
    account = an_account(oauth2=nobody, refresh_token="refresh-1")
    with pytest.raises(OSError, match="cannot be connected to"):
        await provider.token(account)


async def test_an_endpoint_with_a_private_address_or_a_foreign_certificate_gets_nothing(provider: Provider) -> None:
    server = provider.server
    strict = TokenClient(NetworkPolicy(frozenset({993})), server.authority, lookup=server.look_up)
    trusting_others = TokenClient(NetworkPolicy(frozenset({993}), allow_private=True), None, lookup=server.look_up)
    for requests, code in ((strict, ErrorCode.HOST_NOT_ALLOWED), (trusting_others, ErrorCode.TLS_FAILED)):
        with pytest.raises(PermanentFailure) as refused:
            await requests.request_token(server.url, {"refresh_token": "hush"})
        assert refused.value.code is code
        await requests.close()
    with pytest.raises(PermanentFailure):
        await strict.request_token(server.url.replace("https", "http"), {})
    assert server.requests == []


async def test_a_secret_for_an_older_key_is_sealed_anew_when_it_is_used(provider: Provider) -> None:
    newest, _ = new_key_pair()
    events = provider.logins._events  # noqa: SLF001
    accounts = provider.stage.db["email_accounts"]
    requests = TokenClient(NetworkPolicy(frozenset({993})), provider.server.authority)
    logins = LoginProvider(accounts, Opener(f"{newest},{PRIVATE_KEY}"), requests, events)
    account = an_account(password="secret-1")
    for _ in range(2):
        await logins.login(account.account_id, account.mailbox)
    sealed = (await provider.rotated(account)).sealed_secret
    assert Opener(newest).open(sealed).password == "secret-1"
    await logins.close()
