"""Publishing and consuming on a real broker: nothing is lost, nothing loops, everything has a reason."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
from faststream.rabbit import RabbitBroker
from prometheus_client import CollectorRegistry

from shared.errors import NotConfirmed, NotPermitted, NotRoutable
from shared.events import Event, ScanRequested
from shared.messaging.broker import (
    consumers_alive,
    consuming_broker,
    existing_queue,
    publishing_broker,
    start_when_reachable,
    stop,
)
from shared.messaging.dead_letters import REASON_HEADER, DeadLetters
from shared.messaging.event_handler import event_handler
from shared.messaging.publishing import Publisher
from shared.messaging.topology import COMMANDS_EXCHANGE, EVENTS_EXCHANGE, SCAN_REQUESTED
from shared.observability.metrics import new_registry
from tests.support.builders import sample_events
from tests.support.servers import Vhost
from tests.support.waiting import SECONDS, patience

REQUESTED = sample_events()["scan.requested.v1"]


@asynccontextmanager
async def publisher(vhost: Vhost, service: str, registry: CollectorRegistry | None = None) -> AsyncIterator[Publisher]:
    broker = publishing_broker(vhost.url(service), service=service)
    await start_when_reachable(broker)
    try:
        yield Publisher(broker, registry, confirm_s=SECONDS)
    finally:
        await broker.stop()


class Inbox:
    """Collects what a handler is given; `failures` are raised first, one a delivery attempt."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.events: asyncio.Queue[Event[Any]] = asyncio.Queue()

    async def __call__(self, event: Event[Any], _redelivered: bool) -> None:
        if self.failures:
            raise self.failures.pop(0)
        await self.events.put(event)

    async def next(self) -> Event[Any]:
        async with patience():
            return await self.events.get()


@asynccontextmanager
async def scanner_consumer(vhost: Vhost, inbox: Inbox) -> AsyncIterator[RabbitBroker]:
    registry = new_registry()
    async with publisher(vhost, "scanner", registry) as own:
        broker = consuming_broker(vhost.url("scanner"), service="scanner", registry=registry)
        handler = event_handler(SCAN_REQUESTED, ScanRequested, inbox, dead_letters=DeadLetters(own, registry))
        broker.subscriber(existing_queue(SCAN_REQUESTED))(handler)
        await start_when_reachable(broker)
        try:
            yield broker
        finally:
            await broker.stop()


async def dead_letter(vhost: Vhost) -> tuple[bytes, str]:
    """The next message of the dead-letter queue, with its reason."""
    connection = await aio_pika.connect(vhost.url("administrator"))
    async with connection, patience():
        queue = await (await connection.channel()).get_queue(f"{SCAN_REQUESTED}.dead")
        async with queue.iterator() as messages:
            async for message in messages:
                return message.body, str(message.headers[REASON_HEADER])
    raise AssertionError


async def test_an_event_arrives_as_it_was_published(vhost: Vhost) -> None:
    inbox = Inbox()
    async with scanner_consumer(vhost, inbox), publisher(vhost, "api") as api:
        await api.publish(REQUESTED)
        assert await inbox.next() == REQUESTED


async def test_a_message_without_a_queue_is_an_error_for_its_publisher(vhost: Vhost) -> None:
    async with publisher(vhost, "scanner") as scanner:
        with pytest.raises(NotRoutable):
            await scanner.send(b"{}", exchange=COMMANDS_EXCHANGE, routing_key="nowhere", headers={})


async def test_a_missing_exchange_is_an_error_and_the_next_publish_works(vhost: Vhost) -> None:
    async with publisher(vhost, "administrator") as anyone:
        with pytest.raises(NotRoutable):
            await anyone.send(b"{}", exchange="missing", routing_key="x", headers={})
        await anyone.publish_until_confirmed([REQUESTED])


async def test_a_start_that_is_cut_off_anywhere_leaves_nothing_that_goes_on_connecting(vhost: Vhost) -> None:
    before = asyncio.all_tasks()
    for turns in range(0, 60, 3):
        broker = publishing_broker(vhost.url("scanner"), service="scanner")
        starting = asyncio.create_task(start_when_reachable(broker))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await stop(broker)
    left = [task for task in asyncio.all_tasks() - before if "connection_factory" in repr(task.get_coro())]
    assert left == []


async def test_publishes_are_counted_by_what_came_of_them(vhost: Vhost) -> None:
    registry = new_registry()
    async with publisher(vhost, "scanner", registry) as scanner:
        await scanner.publish_until_confirmed([sample_events()["scan.started.v1"]])
        with pytest.raises(NotRoutable):
            await scanner.send(b"{}", exchange=COMMANDS_EXCHANGE, routing_key="nowhere", headers={})
        with pytest.raises(NotPermitted):
            await scanner.publish(REQUESTED)

    def counted(result: str) -> float | None:
        return registry.get_sample_value("mailtally_published_messages_total", {"result": result})

    assert [counted(result) for result in ("confirmed", "unroutable", "refused", "unconfirmed")] == [1, 1, 1, 0]
    assert registry.get_sample_value("mailtally_publish_seconds_count") == 1


async def test_rubbish_goes_to_the_dead_letters_with_its_reason_and_its_neighbours_are_handled(vhost: Vhost) -> None:
    inbox = Inbox()
    async with scanner_consumer(vhost, inbox), publisher(vhost, "api") as api:
        await api.send(b"no json", exchange=EVENTS_EXCHANGE, routing_key=REQUESTED.routing_key, headers={})
        await api.publish(REQUESTED)
        assert await inbox.next() == REQUESTED
        body, reason = await dead_letter(vhost)
    assert body == b"no json"
    assert reason.startswith("not JSON")


async def test_a_handler_that_fails_sets_its_message_aside_and_goes_on(vhost: Vhost) -> None:
    inbox = Inbox(ValueError("a bug"))
    async with scanner_consumer(vhost, inbox), publisher(vhost, "api") as api:
        await api.publish(REQUESTED)
        body, reason = await dead_letter(vhost)
        await api.publish(REQUESTED)
        assert await inbox.next() == REQUESTED
    assert body == REQUESTED.to_bytes()
    assert "ValueError" in reason


async def test_a_passing_trouble_is_waited_out_with_the_message_in_hand(vhost: Vhost) -> None:
    inbox = Inbox(NotConfirmed("away"), NotConfirmed("still away"))
    async with scanner_consumer(vhost, inbox), publisher(vhost, "api") as api:
        await api.publish(REQUESTED)
        assert await inbox.next() == REQUESTED


async def test_a_consumer_that_is_gone_is_noticed_though_the_connection_is_up(vhost: Vhost) -> None:
    async with scanner_consumer(vhost, Inbox()) as broker:
        assert await consumers_alive(broker)
        subscriber = next(iter(broker.subscribers))
        await subscriber.stop()
        assert not await consumers_alive(broker)
