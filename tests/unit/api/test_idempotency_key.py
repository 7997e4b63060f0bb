"""The header Idempotency-Key, as routes get it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from services.api.dependencies import Key
from services.api.http import problems


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()

    @app.post("/")
    async def echo(key: Key = None) -> dict[str, str | None]:
        return {"key": key}

    problems.install(app, app.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api") as ready:
        yield ready


@pytest.mark.parametrize(
    ("headers", "key"),
    [({}, None), ({"Idempotency-Key": "a1b2"}, "a1b2"), ({"Idempotency-Key": '"a1b2"'}, "a1b2")],
)
async def test_a_key_may_be_quoted_plain_or_left_out(
    client: httpx.AsyncClient, headers: dict[str, str], key: str | None
) -> None:
    assert (await client.post("/", headers=headers)).json() == {"key": key}


@pytest.mark.parametrize("key", ["", "a b", '"', "k" * 201])
async def test_any_other_key_is_refused_by_its_name(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/", headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/header/Idempotency-Key"]
