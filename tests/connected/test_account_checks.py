"""Checks of accounts, from the request to the answer: a real api, a real scanner, a real mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any, Literal

import aio_pika
import httpx
import jwt
import pytest

from services.api.accounts import connection_check
from services.scanner.credentials import connection_test
from shared.messaging.topology import ACCOUNT_CHECK_REQUESTED, WORK_QUEUES
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.mailing import a_user, hands, mail_settings
from tests.support.queues import length
from tests.support.running_api import MBOX, RunningApi, running_api
from tests.support.scanning import Stage, a_stage
from tests.support.servers import TestDatabase, Vhost
from tests.support.token_server import a_token_server
from tests.support.waiting import SECONDS, eventually, patience


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


@pytest.fixture
async def api(vhost: Vhost, database: TestDatabase, mail_server: MailServer) -> AsyncIterator[RunningApi]:
    ports = f"{mail_server.port},{mail_server.tls_port},1"
    async with running_api(vhost, database, allow_private_mail_hosts=True, mail_ports=ports) as running:
        yield running


def source(server: MailServer, user: str, **changes: Any) -> dict[str, Any]:
    known = {"kind": "imap", "host": HOST, "port": server.tls_port, "username": user, "password": PASSWORD}
    return {**known, **changes}


async def checked(api: RunningApi, source: dict[str, Any]) -> dict[str, Any]:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": source})
    assert created.status_code == 201, created.text
    answer = await anna.post(f"{created.headers['location']}/check")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_mailbox_that_works_is_told_with_its_folders_which_are_in_no_event(
    api: RunningApi, stage: Stage, mail_server: MailServer
) -> None:
    user = a_user()
    with hands(mail_server, user) as mine:
        mine.create("Rechnungen für März")
    async with stage.scanner(**mail_settings(mail_server)):
        for changes in ({}, {"security": "starttls", "port": mail_server.port}):
            answer = await checked(api, source(mail_server, user, **changes))
            assert (answer["ok"], answer["code"]) == (True, "ok")
            assert {"INBOX", "Rechnungen für März"} <= set(answer["folders"])
    told = "".join(event.to_bytes().decode() for event in stage.said.events)
    assert "account.checked.v1" in told
    for hidden in ("Rechnungen", user, PASSWORD, HOST):
        assert hidden not in told


async def test_each_of_several_apis_gets_the_answers_to_its_own_checks(
    api: RunningApi, stage: Stage, vhost: Vhost, database: TestDatabase, mail_server: MailServer
) -> None:
    ports = f"{mail_server.port},{mail_server.tls_port}"
    async with (
        running_api(vhost, database, allow_private_mail_hosts=True, mail_ports=ports) as other,
        stage.scanner(**mail_settings(mail_server)),
    ):
        wrong = source(mail_server, a_user(), password="wrong")
        right = source(mail_server, a_user())
        answers = await asyncio.gather(*(checked(one, given) for one in (api, other) for given in (right, wrong)))
    assert [answer["code"] for answer in answers] == ["ok", "login_refused"] * 2


async def test_what_is_wrong_is_told_in_a_sentence(api: RunningApi, stage: Stage, mail_server: MailServer) -> None:
    user = a_user()
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"password": "wrong"}, "login_refused", "refused the login"),
        ({"port": 1}, "host_unreachable", "No mail server answers"),
        ({"host": "localhost"}, "tls_failed", "certificate"),
        ({"host": "no-such-host.invalid"}, "host_unreachable", "No mail server answers"),
        ({"folders": ["Nirgends"]}, "folder_missing", "folder"),
    ]
    async with stage.scanner(**mail_settings(mail_server, mail_ports=f"{mail_server.port},{mail_server.tls_port},1")):
        for changes, code, words in cases:
            answer = await checked(api, source(mail_server, user, **changes))
            assert (answer["ok"], answer["code"]) == (False, code)
            assert words in answer["detail"]


async def test_a_scanner_that_may_not_connect_there_says_so(
    api: RunningApi, stage: Stage, mail_server: MailServer
) -> None:
    async with stage.scanner(**mail_settings(mail_server, allow_private_mail_hosts=False)):
        answer = await checked(api, source(mail_server, a_user()))
    assert answer["code"] == "host_not_allowed"


async def test_an_oauth2_account_is_logged_in_to_with_a_token_of_its_provider(
    api: RunningApi, stage: Stage, mail_server: MailServer
) -> None:
    user = a_user()
    async with a_token_server(HOST) as tokens:
        login = jwt.encode({"sub": user, "exp": 4_000_000_000}, mail_server.token_key, algorithm="HS256")
        tokens.answers.append((200, {"access_token": login, "expires_in": 3600}))
        tokens.answers.append((400, {"error": "invalid_grant"}))
        oauth2 = {
            "provider": "other",
            "client_id": "c1",
            "refresh_token": "r1",
            "token_url": f"https://{HOST}:{tokens.port}/token",
        }
        given = {name: value for name, value in source(mail_server, user).items() if name != "password"}
        trusted = f"{mail_server.authority}\n{tokens.authority}"
        async with stage.scanner(**mail_settings(mail_server, mail_ca=trusted)):
            answers = [await checked(api, {**given, "auth": "xoauth2", "oauth2": oauth2}) for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["ok", "login_refused"]


async def test_an_upload_is_fine_when_a_mailbox_is_there(api: RunningApi) -> None:
    anna = api.client("anna")
    path = (await anna.post("/v1/accounts", json={"label": "A", "source": {"kind": "upload"}})).headers["location"]
    missing = (await anna.post(f"{path}/check")).json()
    assert (missing["ok"], missing["code"]) == (False, "mailbox_missing")
    await anna.put(f"{path}/mailbox", content=MBOX)
    assert (await anna.post(f"{path}/check")).json()["ok"] is True
    assert (await api.client("bob").post(f"{path}/check")).status_code == 404


async def test_without_a_scanner_the_check_ends_in_time_and_nobody_does_it_later(
    api: RunningApi,
    vhost: Vhost,
    channel: aio_pika.abc.AbstractChannel,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = api.client("anna")
    created = await anna.post("/v1/accounts", json={"label": "Mail", "source": source(mail_server, a_user())})
    monkeypatch.setattr(connection_check, "TIMEOUT_SECONDS", 0.2)
    await let_requests_expire(vhost, after_ms=200)
    answer = await anna.post(f"{created.headers['location']}/check")
    assert (answer.status_code, answer.json()["code"]) == (504, "check_timed_out")
    assert "scanner" in answer.json()["detail"]

    async def has_expired() -> bool:
        return await length(channel, ACCOUNT_CHECK_REQUESTED) == 0

    await eventually(has_expired)
    # Whatever was set aside before is in the queue before this.
    dead = f"{ACCOUNT_CHECK_REQUESTED}.dead"
    await channel.default_exchange.publish(aio_pika.Message(b"the end"), routing_key=dead)
    first = await (await channel.get_queue(dead, ensure=False)).get(no_ack=True, timeout=SECONDS)
    assert first is not None
    assert first.body == b"the end"


async def let_requests_expire(vhost: Vhost, *, after_ms: int) -> None:
    """Change the number in the policy by which requests of checks expire, and nothing else of it."""
    path = f"/api/policies/{vhost.name}/{ACCOUNT_CHECK_REQUESTED}.limits"
    async with httpx.AsyncClient(base_url=vhost.management_url, timeout=SECONDS) as management:
        policy = (await management.get(path)).raise_for_status().json()
        assert policy["definition"]["message-ttl"] > after_ms
        policy["definition"]["message-ttl"] = after_ms
        (await management.put(path, json=policy)).raise_for_status()


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set by a test, it ends the patience of all requests that wait for a check; nothing else does."""
    over = asyncio.Event()

    class Unheard(asyncio.Event):
        async def wait(self) -> Literal[True]:
            await over.wait()
            raise TimeoutError

    monkeypatch.setattr(connection_check.PendingChecks, "for_check", lambda *_: nullcontext(Unheard()))
    monkeypatch.setattr(connection_check, "TIMEOUT_SECONDS", SECONDS)
    return over


async def test_one_user_checks_a_few_accounts_at_a_time(
    api: RunningApi, mail_server: MailServer, over: asyncio.Event
) -> None:
    anna, bob = api.client("anna"), api.client("bob")
    paths = [
        (await client.post("/v1/accounts", json={"label": "Mail", "source": source(mail_server, "x")})).headers[
            "location"
        ]
        for client in (anna, bob)
    ]
    asked = [asyncio.create_task(anna.post(f"{paths[0]}/check")) for _ in range(7)]
    ends = asyncio.as_completed(asked)
    async with patience():
        refused = [await next(ends), await next(ends)]
    assert [answer.status_code for answer in refused] == [429, 429]
    bobs = asyncio.create_task(bob.post(f"{paths[1]}/check"))
    over.set()
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [429, 429, 504, 504, 504, 504, 504]
    assert (await bobs).status_code == 504
    assert (await anna.post(f"{paths[0]}/check")).status_code == 504


async def test_a_result_whose_announcement_got_lost_is_found_in_the_end(
    api: RunningApi, stage: Stage, mail_server: MailServer, over: asyncio.Event
) -> None:
    async with stage.scanner(**mail_settings(mail_server)):
        answer = asyncio.create_task(checked(api, source(mail_server, a_user())))
        await eventually(lambda: api.database["mailbox_checks"].find_one())
        assert not answer.done()
        over.set()
        assert (await answer)["ok"] is True


def test_the_api_waits_longer_than_a_check_can_take() -> None:
    (queue,) = (queue for queue in WORK_QUEUES if queue.name == ACCOUNT_CHECK_REQUESTED)
    assert queue.expires_s is not None
    assert queue.expires_s + connection_test.MOST_SECONDS < connection_check.TIMEOUT_SECONDS
