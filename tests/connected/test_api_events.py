"""Event streams through HTTP: in order, without a gap, across a lost broker connection."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from shared.events import TaskChanged, new_event, task_fields, utc_now
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from tests.support.running_api import RunningApi, a_task, add_mailbox, until_ready
from tests.support.servers import Vhost
from tests.support.waiting import SECONDS, eventually, patience


class PlayedStatus:
    """Plays the status service: writes a task, then announces it."""

    def __init__(self, api: RunningApi, publisher: Publisher) -> None:
        self._api = api
        self._publisher = publisher

    async def change(self, task: dict[str, Any], *, announced: bool = True, **changes: Any) -> None:
        document = a_task(task, **changes)
        await self._api.database["scanning_tasks"].replace_one({"_id": document["_id"]}, document, upsert=True)
        if announced:
            data = TaskChanged.model_validate(task_fields(document))
            event = new_event(data, service="status", sequence=document["version"], time=utc_now())
            await self._publisher.publish(event, mandatory=False)


@pytest.fixture
async def status(api: RunningApi, vhost: Vhost) -> AsyncIterator[PlayedStatus]:
    broker = publishing_broker(vhost.url("status"), service="status")
    await start_when_reachable(broker)
    yield PlayedStatus(api, Publisher(broker, confirm_s=SECONDS))
    await broker.stop()


class Stream:
    """The `task` events of one open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event as (id, data); None when the stream has ended."""
        fields: dict[str, str] = {}
        async with patience():
            async for line in self._lines:
                if not line and "data" in fields:
                    assert fields["event"] == "task"
                    return fields["id"], json.loads(fields["data"])
                name, _, value = line.partition(": ")
                fields[name] = value
        return None


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Stream]:
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield Stream(response)


async def a_scan(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(f"/v1/accounts/{await add_mailbox(client)}/scans")
    task: dict[str, Any] = answer.raise_for_status().json()
    return task


async def test_a_scan_is_followed_in_order_from_accepted_to_its_end(api: RunningApi, status: PlayedStatus) -> None:
    anna = api.client("anna")
    task = await a_scan(anna)
    async with streaming(anna, f"/v1/scans/{task['task_id']}/events") as stream:
        assert await stream.next() == ("0", task)
        for version, progress in ((1, 10), (2, 60)):
            await status.change(task, status="PROGRESS", progress=progress, version=version)
            changed = await stream.next()
            assert changed is not None
            assert (changed[0], changed[1]["progress"]) == (str(version), progress)
        await status.change(task, status="DONE", progress=100, version=3)
        last = await stream.next()
        assert last is not None
        assert last[1] == (await anna.get(f"/v1/scans/{task['task_id']}")).json()
        assert await stream.next() is None


async def test_coming_back_sends_only_what_is_new(api: RunningApi, status: PlayedStatus) -> None:
    anna = api.client("anna")
    task = await a_scan(anna)
    path = f"/v1/scans/{task['task_id']}/events"
    await status.change(task, status="PROGRESS", progress=10, version=4)
    async with streaming(anna, path, **{"Last-Event-ID": "4"}) as stream:
        await status.change(task, status="DONE", progress=100, version=5)
        last = await stream.next()
        assert last is not None
        assert last[0] == "5"
    async with streaming(anna, path, **{"Last-Event-ID": "4"}) as stream:
        assert await stream.next() == last
        assert await stream.next() is None
    assert (await anna.get(path, headers={"Last-Event-ID": "5"})).status_code == 204


async def test_the_stream_of_all_scans_shows_the_users_own_only(api: RunningApi, status: PlayedStatus) -> None:
    anna, bruno = api.client("anna"), api.client("bruno")
    hers, his, also_hers = await a_scan(anna), await a_scan(bruno), await a_scan(anna)
    async with streaming(anna, "/v1/events") as stream:
        first = [await stream.next(), await stream.next()]
        assert {event[1]["task_id"] for event in first if event} == {hers["task_id"], also_hers["task_id"]}
        await status.change(his, status="PROGRESS", progress=50, version=1)
        await status.change(hers, status="PROGRESS", progress=20, version=1)
        changed = await stream.next()
        assert changed is not None
        assert (changed[1]["task_id"], changed[1]["progress"]) == (hers["task_id"], 20)


async def test_coming_back_to_all_scans_misses_none_that_ended_meanwhile(api: RunningApi, status: PlayedStatus) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    first = (await anna.post(f"/v1/accounts/{account_id}/scans")).json()
    async with streaming(anna, "/v1/events") as stream:
        await stream.next()
    await status.change(first, status="DONE", progress=100, version=2)
    second = (await anna.post(f"/v1/accounts/{account_id}/scans")).json()
    await status.change(second, status="PROGRESS", progress=5, version=1)
    async with streaming(anna, "/v1/events", **{"Last-Event-ID": "0"}) as stream:
        seen = [await stream.next(), await stream.next()]
    assert {(event[1]["task_id"], event[1]["status"]) for event in seen if event} == {
        (first["task_id"], "DONE"),
        (second["task_id"], "PROGRESS"),
    }


async def test_a_change_that_was_never_announced_is_made_good(api: RunningApi, status: PlayedStatus) -> None:
    anna = api.client("anna")
    task = await a_scan(anna)
    async with streaming(anna, f"/v1/scans/{task['task_id']}/events") as stream:
        await stream.next()
        await status.change(task, announced=False, status="FAILURE", version=2)
        last = await stream.next()
        assert last is not None
        assert last[1]["status"] == "FAILURE"


async def test_the_feed_comes_back_after_the_broker_closed_the_connection(
    api: RunningApi, status: PlayedStatus, vhost: Vhost
) -> None:
    anna = api.client("anna")
    task = await a_scan(anna)
    await replace_connections(vhost, user="api")
    await until_ready(api.url)
    async with streaming(anna, f"/v1/scans/{task['task_id']}/events") as stream:
        await stream.next()
        await status.change(task, status="DONE", progress=100, version=1)
        last = await stream.next()
        assert last is not None
        assert last[0] == "1"


async def replace_connections(vhost: Vhost, user: str) -> None:
    """Have the broker close both connections of the api, which makes others."""
    async with httpx.AsyncClient(base_url=vhost.management_url, timeout=SECONDS) as management:

        async def names() -> set[str]:
            # What is listed is behind by seconds: new connections are missing, closed ones are still there.
            listed = (await management.get(f"/api/vhosts/{vhost.name}/connections")).raise_for_status().json()
            return {connection["name"] for connection in listed if connection.get("user") == user}

        async def both() -> set[str] | None:
            found = await names()
            return found if len(found) >= 2 else None

        closed = await eventually(both)
        assert closed is not None
        for name in closed:
            (await management.delete(f"/api/connections/{quote(name)}")).raise_for_status()

        async def are_gone() -> bool:
            return not await names() & closed

        await eventually(are_gone)


async def test_open_streams_are_counted(api: RunningApi) -> None:
    anna = api.client("anna")
    task = await a_scan(anna)
    async with streaming(anna, f"/v1/scans/{task['task_id']}/events") as stream:
        await stream.next()
        assert await clients(anna) == "1.0"

    async def none_is_open() -> bool:
        return await clients(anna) == "0.0"

    await eventually(none_is_open)
    head = await anna.head(f"/v1/scans/{task['task_id']}/events")
    assert (head.status_code, head.content) == (200, b"")


async def clients(client: httpx.AsyncClient) -> str:
    (line,) = [
        line for line in (await client.get("/metrics")).text.splitlines() if line.startswith("mailtally_sse_clients ")
    ]
    return line.split()[1]
