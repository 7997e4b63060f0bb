"""The api as a process: what a stop, a large upload and servers that are away do to those it serves."""

import asyncio
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from services.api.deadlines import Deadlines
from tests.support.api_process import api_process
from tests.support.gate import Gate
from tests.support.running_api import MBOX, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import eventually, patience

MEBIBYTE = 1024 * 1024
SOON = Deadlines(operation_s=0.3, confirm_s=0.3, accept_s=0.3, abandoned_s=0.6)
"""The real ones in small: their own test is in tests/unit/api/test_deadlines.py."""


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
            async with patience():
                rest = [line async for line in lines]  # an end in good form: a cut connection would raise
            assert "event: task" not in rest
        stopped.set()
        assert (await upload).json()["messages"] == 2
        async with patience():
            assert await api.process.wait() == 0


async def test_a_large_upload_takes_little_memory(vhost: Vhost, database: TestDatabase) -> None:
    async def large() -> AsyncIterator[bytes]:
        yield MBOX
        for _ in range(128):
            yield b"x" * 1022 * 1024 + b"\n\n"

    async with api_process(vhost, database, max_upload_mb="1024") as api, api.client("anna") as anna:
        account_id = await add_mailbox(anna)
        before = api.peak_megabytes()
        answer = await anna.put(f"/v1/accounts/{account_id}/mailbox", content=large())
        assert answer.json()["bytes"] > 125 * MEBIBYTE
        assert api.peak_megabytes() < before + 64, "half of the upload"


async def test_without_a_broker_a_scan_is_refused_in_time_and_accepted_when_it_is_back(
    vhost: Vhost, database: TestDatabase
) -> None:
    gate = Gate(vhost.url("api"))
    with gate.serve() as url:
        async with running_api(vhost, database, amqp_url=url, deadlines=SOON) as api:
            anna = api.client("anna")
            path = f"/v1/accounts/{await add_mailbox(anna)}/scans"
            # Silent, it makes everybody wait for ever who waits without a limit.
            for begin in (gate.stall, gate.shut):
                begin()
                for _ in range(2):
                    answer = await anna.post(path, headers={"Idempotency-Key": "k"})
                    assert answer.status_code in (503, 409)
                    assert int(answer.headers["retry-after"]) > 0
                assert (await anna.get("/v1/scans")).json()["items"] == []
                assert (await anna.get("/v1/me")).status_code == 200
            gate.open()

            async def is_accepted() -> bool:
                return (await anna.post(path, headers={"Idempotency-Key": "k"})).status_code == 202

            await eventually(is_accepted)
            assert len((await anna.get("/v1/scans")).json()["items"]) == 1


async def test_without_a_database_a_request_is_refused_in_time_and_answered_when_it_is_back(
    vhost: Vhost, database: TestDatabase
) -> None:
    gate = Gate(database.url("api"))
    with gate.serve() as url:
        async with running_api(vhost, database, mongo_url=url, deadlines=SOON) as api:
            anna = api.client("anna")
            for begin in (gate.stall, gate.shut):
                begin()
                answer = await anna.get("/v1/accounts")
                assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
                assert int(answer.headers["retry-after"]) > 0
            gate.open()

            async def is_answered() -> bool:
                return (await anna.get("/v1/accounts")).status_code == 200

            await eventually(is_answered)


async def test_a_body_that_does_not_come_is_not_waited_for(
    vhost: Vhost, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.http.middleware._RECEIVE_SECONDS", 0.2)
    async with running_api(vhost, database) as api:
        token = api.client("anna").headers["authorization"]
        host = httpx.URL(api.url)
        reader, writer = await asyncio.open_connection(host.host, host.port or 80)
        head = f"POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 10\r\n\r\n{{".encode())
        async with patience():
            answer = await reader.read()
        assert b" 408 " in answer.splitlines()[0]
        assert b'"code":"request_timeout"' in answer
        writer.close()
        await writer.wait_closed()
