"""Tokens of an OpenID Connect issuer: a real one on this machine, whose keys change."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.api.identity import oidc
from tests.support.running_api import RunningApi, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS


class Issuer:
    """Signs tokens and publishes its keys; `rotate` changes them."""

    def __init__(self) -> None:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                found: Any = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                body = json.dumps({"keys": issuer.published} if self.path == "/keys" else found).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self.asked: list[str] = []
        self.published: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.rotate("first")

    def rotate(self, key_id: str) -> None:
        self._key_id, self._key = key_id, rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        self.published = [{**public, "kid": key_id, "use": "sig", "alg": "RS256"}]

    def token(self, **changes: Any) -> str:
        now = dt.datetime.now(dt.UTC)
        claims = {"iss": self.url, "aud": "mailtally", "sub": "4711", "preferred_username": "ada", "iat": now}
        claims |= {"exp": now + dt.timedelta(minutes=5), **changes}
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, self._key, "RS256", headers={"kid": self._key_id})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    monkeypatch.setattr(oidc, "_FETCH_SECONDS", SECONDS)
    running = Issuer()
    yield running
    running.close()


async def status(api: RunningApi, token: str, path: str = "/v1/me") -> tuple[int, dict[str, Any]]:
    answer = await api.client("nobody").get(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


async def test_tokens_of_the_issuer_are_good_here_if_they_are_for_us(
    vhost: Vhost, database: TestDatabase, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "_REFETCH_SECONDS", 0.0)
    async with running_api(vhost, database, oidc_issuer=issuer.url, oidc_audience="mailtally") as api:
        code, me = await status(api, issuer.token())
        assert (code, me["name"], me["admin"]) == (200, "ada", False)
        assert me["user_id"] not in ("4711", "ada")
        assert (await status(api, issuer.token()))[1]["user_id"] == me["user_id"]
        operator = issuer.token(sub="1", roles=["mailtally-admin"])
        assert (await status(api, operator, "/v1/admin/users"))[0] == 200
        assert (await status(api, issuer.token(), "/v1/admin/users"))[0] == 403
        hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        for token in (
            issuer.token(aud="another service"),
            issuer.token(iss="https://evil.example"),
            issuer.token(exp=hour_ago),
            issuer.token(exp=None),
            issuer.token(sub=""),
            issuer.token()[:-4] + "AAAA",
            jwt.encode(jwt.decode(issuer.token(), options={"verify_signature": False}), "k" * 32, "HS256"),
        ):
            assert (await status(api, token))[0] == 401
        assert issuer.asked.count("/keys") <= 3

        old = issuer.token(jti="seen by nobody yet")
        issuer.rotate("second")
        assert (await status(api, issuer.token()))[0] == 200
        assert (await status(api, old))[1]["code"] == "invalid_token"


async def test_keys_are_asked_for_seldom_however_many_unknown_ones_are_named(
    vhost: Vhost, database: TestDatabase, issuer: Issuer
) -> None:
    async with running_api(vhost, database, oidc_issuer=issuer.url, oidc_audience="mailtally") as api:
        assert (await status(api, issuer.token()))[0] == 200
        other = Issuer()
        forged = other.token(iss=issuer.url)
        other.close()
        for _ in range(5):
            assert (await status(api, forged))[0] == 401
        assert issuer.asked.count("/keys") == 1


async def test_without_the_issuer_nobody_is_let_in_and_the_client_is_told_to_try_again(
    vhost: Vhost, database: TestDatabase, issuer: Issuer
) -> None:
    async with running_api(vhost, database, oidc_issuer=issuer.url, oidc_audience="mailtally", jwt_secret=None) as api:
        token = issuer.token()
        issuer.published = []
        assert (await status(api, token))[0] == 401
        refused = await api.client("nobody").post("/v1/auth/login", json={"username": "a", "password": "b"})
        assert (refused.status_code, refused.json()["code"]) == (403, "password_login_off")
    away: dict[str, Any] = {"oidc_issuer": "http://127.0.0.1:1", "oidc_audience": "mailtally", "jwt_secret": None}
    async with running_api(vhost, database, **away) as api:
        code, problem = await status(api, token)
        assert (code, problem["code"]) == (503, "issuer_unavailable")
