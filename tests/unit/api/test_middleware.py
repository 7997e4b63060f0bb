"""What surrounds every request, without servers."""

import json
import logging

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from services.api.deadlines import Deadlines
from services.api.http.middleware import RequestMiddleware
from services.api.identity.tokens import TokenSigner
from services.api.metrics import Metrics
from services.api.settings import ApiSettings
from tests.support.keys import PUBLIC_KEY
from tests.support.running_api import serving
from tests.support.waiting import SECONDS

SECRET = SecretStr("0123456789abcdef0123456789abcdef")


def client_of(app: RequestMiddleware) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")


async def test_an_unexpected_error_shows_a_trace_id_and_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    text = "the text of a mail"

    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise ValueError(text)

    with caplog.at_level(logging.ERROR):
        async with client_of(RequestMiddleware(broken, Metrics(CollectorRegistry()))) as client:
            answer = await client.get("/v1/me")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    (record,) = caplog.records
    logged = json.dumps(record.__dict__, default=str)
    assert problem["trace_id"] in logged
    assert "test_middleware.py" in logged
    assert text not in logged + answer.text


async def test_without_servers_the_process_is_alive_not_ready_and_answers_503() -> None:
    settings = ApiSettings(
        amqp_url="amqp://127.0.0.1:1", mongo_url="mongodb://127.0.0.1:1", jwt_secret=SECRET, seal_public_key=PUBLIC_KEY
    )
    headers = {"Authorization": f"Bearer {TokenSigner(SECRET).issue(user_id='u', name='u', admin=True)}"}
    soon = Deadlines(operation_s=0.1, confirm_s=0.1, accept_s=0.1)
    async with (
        serving(settings, soon) as url,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=SECONDS) as client,
    ):
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        checks = ready.json()["checks"]
        assert ready.status_code == 503
        assert checks == {"broker": False, "database": False, "consumers": False, "tasks": True}
        for path in ("/v1/accounts", "/v1/events"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert int(answer.headers["retry-after"]) > 0
