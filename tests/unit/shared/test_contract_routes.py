"""The contract over HTTP, as a stranger asks for it."""

import httpx
import pytest
from starlette.applications import Starlette

from shared.contract.asyncapi import asyncapi
from shared.contract.routes import schema_routes
from shared.contract.schemas import event_schema
from shared.events import EVENTS
from shared.health import Health, health_routes
from shared.observability.metrics import new_registry
from tests.support.builders import sample_events


@pytest.fixture
def client() -> httpx.AsyncClient:
    routes = [*health_routes(Health({}), new_registry()), *schema_routes()]
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://service")


async def test_every_service_serves_the_asyncapi_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/asyncapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.aai.asyncapi+json;version=3.0.0"
    assert answer.json() == asyncapi()


async def test_a_dataschema_is_found_under_its_own_path(client: httpx.AsyncClient) -> None:
    index = (await client.get("/schemas")).json()["items"]
    assert {item["type"] for item in index} == set(EVENTS)
    for key, event in sample_events().items():
        answer = await client.get(httpx.URL(event.dataschema).path)
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json() == event_schema(key)


async def test_a_schema_that_is_none_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/schemas/scan.paused.v1.json")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
