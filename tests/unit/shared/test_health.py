"""Readiness says no for every check that fails, raises or hangs; liveness does not care."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from shared import health
from shared.health import Health, health_routes
from shared.observability.metrics import new_registry


async def yes() -> bool:
    return True


async def raises() -> bool:
    raise OSError


async def test_a_check_that_raises_or_hangs_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.1)  # the others answer at once, without a turn of the loop

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    report = await Health({"good": yes, "raises": raises, "hangs": hangs}).report()
    assert report == {"good": True, "raises": False, "hangs": False}


async def test_the_routes_answer_for_machines() -> None:
    app = Starlette(routes=health_routes(Health({"broker": yes, "database": raises}), new_registry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]) == (503, {"broker": True, "database": False})
        metrics = (await client.get("/metrics")).text
    assert "mailtally_build_info" in metrics
    assert 'mailtally_ready{check="broker"} 1.0' in metrics
    assert 'mailtally_ready{check="database"} 0.0' in metrics
