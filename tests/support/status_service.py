"""The status service inside the test, and what stands around it: publishers, listeners and a database to cut off."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx
import orjson
from aio_pika.abc import AbstractIncomingMessage
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient

from services.status.main import build
from services.status.merge_rules import TaskDocument
from services.status.settings import StatusSettings
from shared.events import CONTENT_TYPE, Event
from shared.messaging.topology import EVENTS_EXCHANGE, STATUS_SCAN_EVENTS
from shared.supervision import Supervisor
from tests.support.events import Scan
from tests.support.expected_tasks import canonical, expected_task
from tests.support.waiting import SECONDS, Arrivals, eventually, patience

DEAD = f"{STATUS_SCAN_EVENTS}.dead"

Raw = tuple[str, bytes]
"""A routing key and a body."""


@asynccontextmanager
async def status_service(vhost: Any, database: Any, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The whole service, as its own users; yields a client of its HTTP side. Stopped in the orderly way."""
    settings = {"amqp_url": vhost.url("status"), "mongo_url": database.url("status"), "mongo_database": database.name}
    app = build(StatusSettings(**(settings | changed)), Supervisor())
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://status", timeout=SECONDS) as client,
    ):
        yield client


async def ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/readyz")).is_success


async def unready(http: httpx.AsyncClient) -> bool:
    return not await ready(http)


async def metric(http: httpx.AsyncClient, name: str, **labels: str) -> float:
    """The sum of all samples of this name that have these labels; 0 if there are none."""
    families = text_string_to_metric_families((await http.get("/metrics")).text)
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


async def has_handled(http: httpx.AsyncClient, events: int) -> bool:
    """Whether so many deliveries have been handled and measured."""
    return await metric(http, "mailtally_status_batch_events_sum") == events


def raw(events: Iterable[Event[Any]]) -> list[Raw]:
    return [(event.routing_key, event.to_bytes()) for event in events]


async def publish(vhost: Any, messages: Iterable[Raw]) -> None:
    """Publish as the administrator, confirmed."""
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS_EXCHANGE, ensure=False)
        slots = asyncio.Semaphore(64)

        async def send(key: str, body: bytes) -> None:
            async with slots:
                await exchange.publish(aio_pika.Message(body, content_type=CONTENT_TYPE), routing_key=key)

        await asyncio.gather(*(send(key, body) for key, body in messages))


class Changes(Arrivals[dict[str, Any]]):
    """What `task.changed` said, in order."""

    async def until_all(self, tasks: int, status: str = "DONE") -> None:
        """Wait until that many tasks have been seen in `status`."""
        await self.until(lambda: len({task["task_id"] for task in self.items if task["status"] == status}) == tasks)


@asynccontextmanager
async def changes(vhost: Any) -> AsyncIterator[Changes]:
    """Listens as the api does."""
    heard = Changes()
    async with await aio_pika.connect(vhost.url("api")) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("api.live.test", exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "task.changed.v1")

        async def hear(message: AbstractIncomingMessage) -> None:
            await heard.add(orjson.loads(message.body)["data"])

        await queue.consume(hear, no_ack=True)
        yield heard


@asynccontextmanager
async def published(vhost: Any, *keys: str) -> AsyncIterator[Arrivals[bytes]]:
    """The bodies of all that is published with these routing keys from now on."""
    bodies = Arrivals[bytes]()

    async def keep(message: AbstractIncomingMessage) -> None:
        await bodies.add(message.body)

    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        for key in keys:
            await queue.bind(EVENTS_EXCHANGE, key)
        await queue.consume(keep, no_ack=True)
        yield bodies


async def take(vhost: Any, queue: str, number: int) -> list[AbstractIncomingMessage]:
    """Wait for that many messages of a queue and take them off it."""
    taken: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        source = await (await connection.channel()).get_queue(queue, ensure=False)
        await source.consume(taken.put, no_ack=True)
        async with patience():
            return [await taken.get() for _ in range(number)]


async def left_in(vhost: Any, queue: str) -> int:
    """How many messages wait in a queue; with nobody consuming, unacknowledged ones are among them."""
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        declared = await (await connection.channel()).declare_queue(queue, passive=True)
        return int(declared.declaration_result.message_count or 0)


async def stored_tasks(database: Any) -> dict[str, dict[str, Any]]:
    async with AsyncMongoClient[dict[str, Any]](database.url("api"), tz_aware=True) as client:
        found = await client[database.name]["scanning_tasks"].find().to_list()
    return {task["_id"]: task for task in found}


def misfits(tasks: Mapping[str, TaskDocument], scans: Iterable[Scan]) -> list[str]:
    """Those of the tasks that differ, `version` aside, from what the whole scans make, or are on one side alone."""
    stated = {}
    for scan in scans:
        events = scan.whole()
        stated[scan.task_id] = canonical(expected_task(events, events[-1]))
    stored = {task_id: canonical(task) for task_id, task in tasks.items()}
    return sorted(task_id for task_id in stated.keys() | stored.keys() if stated.get(task_id) != stored.get(task_id))


async def done(database: Any) -> int:
    """How many tasks are DONE."""
    async with AsyncMongoClient[dict[str, Any]](database.url("api")) as client:
        return await client[database.name]["scanning_tasks"].count_documents({"status": "DONE"})


async def all_done(database: Any, number: int) -> bool:
    return await done(database) == number


async def close_connections(vhost: Any, user: str) -> None:
    """Have the broker cut every connection of a user, once there is one."""
    async with httpx.AsyncClient(base_url=vhost.management_url, timeout=SECONDS) as management:
        cut: list[str] = []

        async def cut_some() -> bool:
            for connection in (await management.get("/api/connections")).raise_for_status().json():
                if connection.get("vhost") == vhost.name and connection.get("user") == user:
                    await management.delete(f"/api/connections/{connection['name']}")
                    cut.append(connection["name"])
            return bool(cut)

        await eventually(cut_some)
