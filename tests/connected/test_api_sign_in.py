"""Passwords, sessions, keys and tickets, through HTTP on a real database."""

import asyncio

import httpx
import pytest

from services.api.http import rate_limit
from services.api.identity.authenticator import SESSION_COOKIE
from tests.support.running_api import RunningApi, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def ada(api: RunningApi) -> str:
    """The id of a user with a password."""
    operator = api.client("operator", admin=True)
    made = await operator.put("/v1/admin/users/ada", json={"admin": False, "password": PASSWORD})
    user_id: str = made.raise_for_status().json()["user_id"]
    return user_id


def nobody(api: RunningApi) -> httpx.AsyncClient:
    client = api.client("nobody")
    del client.headers["authorization"]
    return client


async def sign_in(client: httpx.AsyncClient, password: str = PASSWORD, name: str = "ada") -> httpx.Response:
    return await client.post("/v1/auth/login", json={"username": name, "password": password})


async def test_a_password_gives_a_short_lived_token_and_a_session(api: RunningApi, ada: str) -> None:
    browser = nobody(api)
    answer = await sign_in(browser)
    assert answer.status_code == 200
    assert answer.json().items() >= {"token_type": "Bearer", "expires_in": 3600}.items()
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"))
    assert "secure" not in cookie.split("; ")
    by_session = (await browser.get("/v1/me")).json()
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    by_token = (await nobody(api).get("/v1/me", headers=bearer)).json()
    assert by_session["user_id"] == by_token["user_id"] == ada
    stored = await api.database["users"].find_one({"_id": ada})
    assert stored is not None
    assert stored["password"].startswith("$argon2id$")
    sessions = await api.database["credentials"].find().to_list(None)
    assert browser.cookies[SESSION_COOKIE] not in str(sessions)


@pytest.mark.usefixtures("ada")
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike_and_not_for_ever(api: RunningApi) -> None:
    client = nobody(api)
    wrong = [await sign_in(client, "wrong"), await sign_in(client, "wrong", name="nobody")]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].json() == wrong[1].json()
    guesses = await asyncio.gather(*(sign_in(client, f"guess {n}") for n in range(10)))
    assert sorted(answer.status_code for answer in guesses) == [401] * 4 + [429] * 6
    refused = await sign_in(client)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 300


@pytest.mark.usefixtures("ada")
async def test_a_right_password_makes_earlier_mistakes_forgotten(api: RunningApi) -> None:
    client = nobody(api)
    for _ in range(3):
        for _ in range(4):
            assert (await sign_in(client, "wrong")).status_code == 401
        assert (await sign_in(client)).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_a_session_does_nothing_for_other_sites(api: RunningApi) -> None:
    browser = nobody(api)
    await sign_in(browser)
    body = {"label": "x"}
    same_origin = {"Origin": api.url}
    for headers, status in (
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", **same_origin}, 403),
        ({"Sec-Fetch-Site": "same-site", **same_origin}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        (same_origin, 201),
    ):
        answer = await browser.post("/v1/keys", json=body, headers=headers)
        assert answer.status_code == status, headers
        if status == 403:
            assert answer.json()["code"] == "cross_site_request"
    assert len((await browser.get("/v1/keys")).json()["items"]) == 2


@pytest.mark.usefixtures("ada")
async def test_signing_out_and_a_new_password_end_sessions(api: RunningApi) -> None:
    one, other = nobody(api), nobody(api)
    await sign_in(one)
    await sign_in(other)
    stolen = {"Cookie": f"{SESSION_COOKIE}={one.cookies[SESSION_COOKIE]}"}
    assert (await one.post("/v1/auth/logout", headers={"Origin": api.url})).status_code == 204
    assert (await nobody(api).get("/v1/me", headers=stolen)).status_code == 401
    assert (await other.get("/v1/me")).status_code == 200
    operator = api.client("operator", admin=True)
    await operator.put("/v1/admin/users/ada", json={"password": "another good password"})
    assert (await other.get("/v1/me")).status_code == 401
    assert (await sign_in(other)).status_code == 401
    assert (await sign_in(other, "another good password")).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_rights_are_those_of_now(api: RunningApi) -> None:
    browser, operator = nobody(api), api.client("operator", admin=True)
    await sign_in(browser)
    assert (await browser.get("/v1/admin/users")).status_code == 403
    await operator.put("/v1/admin/users/ada", json={"admin": True})
    assert (await browser.get("/v1/admin/users")).status_code == 200


async def test_a_key_is_shown_once_works_until_it_is_revoked_and_is_stored_as_a_hash(api: RunningApi) -> None:
    anna = api.client("anna")
    made = await anna.post("/v1/keys", json={"label": "Books", "expires_in_days": 30})
    key = made.json()
    assert made.headers["location"] == f"/v1/keys/{key['key_id']}"
    program = nobody(api)
    program.headers["Authorization"] = f"Bearer {key['key']}"
    assert (await program.get("/v1/me")).json()["user_id"] == "anna"
    (listed,) = (await anna.get("/v1/keys")).json()["items"]
    assert listed["used_at"] is not None
    assert listed.items() >= {"key_id": key["key_id"], "label": "Books", "expires_at": key["expires_at"]}.items()
    assert key["key"] not in str([await api.database["credentials"].find().to_list(None), listed])
    assert (await anna.delete(f"/v1/keys/{key['key_id']}")).status_code == 204
    assert (await program.get("/v1/me")).json()["code"] == "invalid_token"
    assert (await anna.delete(f"/v1/keys/{key['key_id']}")).status_code == 404


async def test_a_ticket_opens_one_event_stream_once(api: RunningApi) -> None:
    anna = api.client("anna")
    await anna.post(f"/v1/accounts/{await add_mailbox(anna)}/scans")
    ticket = (await anna.post("/v1/events/tickets")).json()["ticket"]
    page = nobody(api)
    assert (await page.get("/v1/me", params={"ticket": ticket})).status_code == 401
    async with page.stream("GET", "/v1/events", params={"ticket": ticket}) as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                break
    assert (await page.get("/v1/events", params={"ticket": ticket})).status_code == 401


async def test_behind_a_proxy_that_is_trusted_the_cookie_is_for_tls_alone(vhost: Vhost, database: TestDatabase) -> None:
    for trusted, secure in (("", False), ("10.0.0.0/8", False), ("127.0.0.1", True)):
        async with running_api(vhost, database, trusted_proxies=trusted) as api:
            operator = api.client("operator", admin=True)
            await operator.put("/v1/admin/users/ada", json={"password": PASSWORD})
            client = nobody(api)
            client.headers["X-Forwarded-Proto"] = "https"
            answer = await sign_in(client)
            assert ("secure" in answer.headers["set-cookie"].lower().split("; ")) is secure
            assert ("strict-transport-security" in answer.headers) is secure


async def test_only_named_origins_may_call_from_a_page_and_never_with_a_session(
    vhost: Vhost, database: TestDatabase
) -> None:
    async with running_api(vhost, database, cors_origins="https://books.example, https://other.example") as api:
        anna = api.client("anna")
        allowed = await anna.get("/v1/me", headers={"Origin": "https://books.example"})
        assert allowed.headers["access-control-allow-origin"] == "https://books.example"
        assert "access-control-allow-credentials" not in allowed.headers
        refused = await anna.get("/v1/me", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers
        preflight = {"Origin": "https://books.example", "Access-Control-Request-Method": "POST"}
        assert (await nobody(api).options("/v1/scans", headers=preflight)).status_code == 200


async def test_a_user_who_sends_too_much_waits_while_others_go_on(
    vhost: Vhost, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A window so long that nothing comes back into it while the test runs.
    monkeypatch.setattr(rate_limit, "_WINDOW_SECONDS", 86_400)
    async with running_api(vhost, database, rate_limit_per_minute=20) as api:
        anna, bruno = api.client("anna"), api.client("bruno")
        answers = await asyncio.gather(*(anna.get("/v1/me") for _ in range(30)))
        assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 10
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused[0].json()["code"] == "rate_limited"
        assert int(refused[0].headers["retry-after"]) > 0
        assert refused[0].headers["ratelimit-policy"] == '"user";q=20;w=86400'
        assert (await bruno.get("/v1/me")).headers["ratelimit"].startswith('"user";r=19;')
