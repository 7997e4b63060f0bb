"""One trace from the HTTP request to the status write, through three real services, and the same for a redrive."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest

from services.status.watchdog.events import redrive_event
from shared.events import decode
from shared.messaging.topology import EVENTS_EXCHANGE
from shared.observability.tracing import valid_traceparent
from tests.support.events import TRACE
from tests.support.running_api import RunningApi, add_mailbox
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.status_service import status_service
from tests.support.waiting import patience

MAILBOX = an_mbox([a_message(1, invoice="L-1"), a_message(2)])


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as ready:
        yield ready


async def heard_to_the_end(stage: Stage, api: RunningApi, **headers: str) -> tuple[str, dict[str, list[bytes]]]:
    """A scan asked for over HTTP, and every event of it by routing key, until its task is told to be DONE."""
    heard: dict[str, list[bytes]] = {}
    others: list[str | None] = []
    done = asyncio.Event()

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        heard.setdefault(str(message.routing_key), []).append(message.body)
        if message.headers.get("traceparent") != decode(message.body).traceparent:
            others.append(message.routing_key)
        if message.routing_key == "task.changed.v1" and decode(message.body).data.status == "DONE":
            done.set()

    async with (
        await aio_pika.connect(stage.vhost.url("administrator")) as connection,
        stage.scanner(),
        status_service(stage.vhost, stage.test_database),
    ):
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "#")
        await queue.consume(hear, no_ack=True)
        client = api.client("ada")
        answer = await client.post(f"/v1/accounts/{await add_mailbox(client, MAILBOX)}/scans", headers=headers)
        async with patience():
            await done.wait()
    assert others == [], "the header says the same as the event"
    task: dict[str, Any] = answer.raise_for_status().json()
    return task["task_id"], heard


async def test_the_trace_of_the_request_goes_through_every_event_to_the_status_write(
    stage: Stage, api: RunningApi
) -> None:
    task_id, heard = await heard_to_the_end(stage, api, traceparent=TRACE)
    kinds = {"scan.requested.v1", "scan.started.v1", "invoice.found.v1", "scan.completed.v1", "task.changed.v1"}
    assert heard.keys() >= kinds
    assert {decode(body).traceparent for bodies in heard.values() for body in bodies} == {TRACE}
    stored = await stage.db["scanning_tasks"].find_one({"_id": task_id})
    assert stored is not None
    assert stored["_traceparent"] == TRACE
    again = redrive_event(stored)
    assert again is not None
    assert {again.to_bytes()} == set(heard["scan.requested.v1"])


async def test_a_request_without_a_trace_begins_one(stage: Stage, api: RunningApi) -> None:
    _, heard = await heard_to_the_end(stage, api, traceparent="nonsense")
    (trace,) = {decode(body).traceparent for bodies in heard.values() for body in bodies}
    assert trace is not None
    assert valid_traceparent(trace) == trace


async def test_asking_twice_for_a_cancel_is_the_same_event_in_the_trace_of_the_scan(
    stage: Stage, api: RunningApi
) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        await heard.put(message.body)

    client = api.client("ada")
    async with await aio_pika.connect(stage.vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "scan.cancel_requested.v1")
        await queue.consume(hear, no_ack=True)
        url = f"/v1/accounts/{await add_mailbox(client, MAILBOX)}/scans"
        task_id = (await client.post(url, headers={"traceparent": TRACE})).json()["task_id"]
        for _ in range(2):
            await client.post(f"/v1/scans/{task_id}/cancel")
        async with patience():
            first, second = await heard.get(), await heard.get()
    assert first == second
    assert decode(first).traceparent == TRACE
