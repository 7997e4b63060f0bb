"""The api as a process: what a stop, a large upload and servers that are away do to those it serves."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.api_process import api_process
from tests.support.running_api import MBOX, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost

MEBIBYTE = 1024 * 1024


async def test_a_stop_ends_streams_in_good_form_and_lets_requests_finish(vhost: Vhost, database: TestDatabase) -> None:
    async with api_process(vhost, database) as api, api.client("anna") as anna:
        account_id = await add_mailbox(anna)
        await anna.post(f"/v1/accounts/{account_id}/scans")
        other = (await anna.post("/v1/accounts", json={"label": "x", "source": {"kind": "upload"}})).json()[
            "account_id"
        ]
        stopped, half_sent = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield MBOX
            half_sent.set()
            await stopped.wait()
            yield MBOX

        upload = asyncio.create_task(anna.put(f"/v1/accounts/{other}/mailbox", content=slowly()))
        async with anna.stream("GET", "/v1/events") as stream:
            lines = stream.aiter_lines()
            while "event: task" not in await anext(lines):
                pass
            await half_sent.wait()
            api.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                rest = [line async for line in lines]  # an end in good form: a cut connection would raise
            assert "event: task" not in rest
        stopped.set()
        assert (await upload).json()["messages"] == 2
        async with asyncio.timeout(20):
            assert await api.process.wait() == 0


async def test_a_large_upload_takes_little_memory(vhost: Vhost, database: TestDatabase) -> None:
    async def large() -> AsyncIterator[bytes]:
        yield MBOX
        for _ in range(256):
            yield b"x" * 1022 * 1024 + b"\n\n"

    async with api_process(vhost, database, max_upload_mb="1024") as api, api.client("anna") as anna:
        account_id = await add_mailbox(anna)
        before = api.peak_megabytes()
        answer = await anna.put(f"/v1/accounts/{account_id}/mailbox", content=large())
        assert answer.json()["bytes"] > 250 * MEBIBYTE
        assert api.peak_megabytes() < max(150, before + 50)


async def test_without_a_broker_a_scan_is_refused_in_time_and_accepted_when_it_is_back(
    vhost: Vhost, database: TestDatabase
) -> None:
    async with running_api(vhost, database) as complete:
        account_id = await add_mailbox(complete.client("anna"))
    away = "amqp://api:x@127.0.0.1:1/x"
    async with api_process(vhost, database, checks=("database",), amqp_url=away) as api, api.client("anna") as anna:
        path = f"/v1/accounts/{account_id}/scans"
        for _ in range(2):
            started = time.monotonic()
            answer = await anna.post(path, headers={"Idempotency-Key": "k"})
            assert time.monotonic() - started < 5
            assert answer.status_code in (503, 409)
            assert int(answer.headers["retry-after"]) > 0
        assert (await anna.get("/v1/scans")).json()["items"] == []
        assert (await anna.get("/v1/me")).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for(
    vhost: Vhost, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.edge._RECEIVE_SECONDS", 0.2)
    async with running_api(vhost, database) as api:
        token = api.client("anna").headers["authorization"]
        host = httpx.URL(api.url)
        reader, writer = await asyncio.open_connection(host.host, host.port or 80)
        head = f"POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 10\r\n\r\n{{".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        assert b" 408 " in answer.splitlines()[0]
        assert b'"code":"request_timeout"' in answer
        writer.close()
        await writer.wait_closed()
