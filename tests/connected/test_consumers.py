"""Outside consumers on a real broker: what they may do, and everything that they are refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError
from aiormq.exceptions import ChannelAccessRefused

from shared.errors import NotConfirmed
from shared.events import decode
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.messaging.topology import EVENTS_EXCHANGE, EVENTS_LOG, STATUS_SCAN_EVENTS
from tests.support.builders import sample_events
from tests.support.outside import Outsider, an_outsider
from tests.support.programs import program
from tests.support.servers import Vhost
from tests.support.waiting import SECONDS, eventually, patience
from tools.stack.consumers import ExternalConsumers, snippet
from tools.stack.errors import StackError

SAMPLES = sample_events()
QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
ALLOWED = (
    "scan.requested.v1",
    "scan.*.v1",
    "scan.#",
    "invoice.found.v1",
    "invoice.*.v1",
    "invoice.#",
    "task.changed.v1",
)
Attempt = Callable[[AbstractChannel, Outsider], Awaitable[Any]]


@pytest.fixture
def outsider(vhost: Vhost) -> Iterator[Outsider]:
    with an_outsider(vhost) as made:
        yield made


@asynccontextmanager
async def channel_of(url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(url) as connection:
        yield await connection.channel()


@asynccontextmanager
async def publisher(vhost: Vhost, service: str = "scanner") -> AsyncIterator[Publisher]:
    broker = publishing_broker(vhost.url(service), service=service)
    await start_when_reachable(broker)
    try:
        yield Publisher(broker, confirm_s=SECONDS)
    finally:
        await broker.stop()


async def next_of(queue: aio_pika.abc.AbstractQueue, **arguments: Any) -> aio_pika.abc.AbstractIncomingMessage:
    async with patience(), queue.iterator(**arguments) as messages:
        return await anext(messages)


async def test_it_declares_binds_and_reads_queues_of_its_own(outsider: Outsider, vhost: Vhost) -> None:
    async with channel_of(outsider.url) as channel, publisher(vhost) as scanner:
        queue = await channel.declare_queue(outsider.queue("work"), durable=True, arguments=QUORUM)
        for key in ALLOWED:
            await queue.bind(EVENTS_EXCHANGE, key)
        await scanner.publish(SAMPLES["scan.started.v1"])
        message = await next_of(queue)
        assert decode(message.body) == SAMPLES["scan.started.v1"]
        await message.ack()


async def test_it_reads_the_stream_from_the_beginning(outsider: Outsider, vhost: Vhost) -> None:
    async with publisher(vhost) as scanner:
        await scanner.publish(SAMPLES["invoice.found.v1"])
    async with channel_of(outsider.url) as channel:
        await channel.set_qos(prefetch_count=10)
        stream = await channel.get_queue(EVENTS_LOG, ensure=False)
        message = await next_of(stream, arguments={"x-stream-offset": "first"})
        assert decode(message.body) == SAMPLES["invoice.found.v1"]
        await message.ack()


async def bind(channel: AbstractChannel, outsider: Outsider, key: str) -> None:
    queue = await channel.declare_queue(outsider.queue("work"), durable=True)
    await queue.bind(EVENTS_EXCHANGE, key)


async def dead_letter_to(channel: AbstractChannel, outsider: Outsider, exchange: str) -> None:
    arguments: dict[str, Any] = {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": STATUS_SCAN_EVENTS}
    await channel.declare_queue(outsider.queue("bridge"), durable=True, arguments=arguments)


async def publish(channel: AbstractChannel, exchange: str, key: str) -> None:
    target = channel.default_exchange if exchange == "" else await channel.get_exchange(exchange, ensure=False)
    await target.publish(aio_pika.Message(b"{}"), routing_key=key, mandatory=False)


async def bind_exchange(channel: AbstractChannel, outsider: Outsider, source: str, target: str, key: str) -> None:
    await channel.declare_exchange(outsider.queue("own"), aio_pika.ExchangeType.TOPIC)
    await (await channel.get_exchange(target, ensure=False)).bind(source, key)


async def alternate(channel: AbstractChannel, outsider: Outsider) -> None:
    arguments: dict[str, Any] = {"alternate-exchange": EVENTS_EXCHANGE}
    await channel.declare_exchange(outsider.queue("own"), aio_pika.ExchangeType.TOPIC, arguments=arguments)


async def own_queue_to(channel: AbstractChannel, outsider: Outsider, exchange: str, key: str) -> None:
    await (await channel.declare_queue(outsider.queue("work"))).bind(exchange, key)


FORBIDDEN: dict[str, Attempt] = {
    "publish an event": lambda c, _: publish(c, EVENTS_EXCHANGE, "scan.requested.v1"),
    "publish a command": lambda c, _: publish(c, "mailtally.commands", "scan.slice.v1"),
    "publish to the default exchange": lambda c, _: publish(c, "", STATUS_SCAN_EVENTS),
    "publish to its own queue": lambda c, o: publish(c, "", o.queue("work")),
    "publish to amq.topic": lambda c, _: publish(c, "amq.topic", "x"),
    "read the status service's queue": lambda c, _: next_of_name(c, STATUS_SCAN_EVENTS),
    "read the dead letters": lambda c, _: next_of_name(c, f"{STATUS_SCAN_EVENTS}.dead"),
    "declare another's queue": lambda c, _: c.declare_queue("consumer.other.work"),
    "declare any queue": lambda c, _: c.declare_queue("work"),
    "declare a queue without a name": lambda c, _: c.declare_queue(exclusive=True),
    "declare an exchange": lambda c, _: c.declare_exchange("mine"),
    "delete the stream": lambda c, _: c.queue_delete(EVENTS_LOG),
    "delete the exchange": lambda c, _: c.exchange_delete(EVENTS_EXCHANGE),
    "purge the status service's queue": lambda c, _: purge(c, STATUS_SCAN_EVENTS),
    "bind everything": lambda c, o: bind(c, o, "#"),
    "bind every first version": lambda c, o: bind(c, o, "*.*.v1"),
    "bind account events": lambda c, o: bind(c, o, "account.secret_rotated.v1"),
    "bind all account events": lambda c, o: bind(c, o, "account.#"),
    "bind what begins with any word": lambda c, o: bind(c, o, "*.secret_rotated.v1"),
    "bind commands": lambda c, o: own_queue_to(c, o, "mailtally.commands", "scan.slice.v1"),
    "bind the stream to something": lambda c, _: own_stream(c),
    "bind everything to an exchange of its own": lambda c, o: bind_exchange(c, o, EVENTS_EXCHANGE, o.queue("own"), "#"),
    "bind an exchange of its own to the events": lambda c, o: bind_exchange(
        c, o, o.queue("own"), EVENTS_EXCHANGE, "scan.#"
    ),
    "dead-letter into the events": lambda c, o: dead_letter_to(c, o, EVENTS_EXCHANGE),
    "dead-letter into the status service's queue": lambda c, o: dead_letter_to(c, o, ""),
    "use the events as an alternate exchange": lambda c, o: alternate(c, o),
}


async def next_of_name(channel: AbstractChannel, name: str) -> None:
    await next_of(await channel.get_queue(name, ensure=False))


async def own_stream(channel: AbstractChannel) -> None:
    await (await channel.get_queue(EVENTS_LOG, ensure=False)).bind(EVENTS_EXCHANGE, "task.changed.v1")


async def purge(channel: AbstractChannel, name: str) -> None:
    await (await channel.get_queue(name, ensure=False)).purge()


@pytest.mark.parametrize("attempt", FORBIDDEN)
async def test_everything_else_is_refused(attempt: str, outsider: Outsider) -> None:
    async with channel_of(outsider.url) as channel:
        with pytest.raises(ChannelAccessRefused):
            await FORBIDDEN[attempt](channel, outsider)


async def test_the_stream_cannot_be_emptied(outsider: Outsider, vhost: Vhost) -> None:
    async with publisher(vhost) as scanner:
        await scanner.publish(SAMPLES["scan.started.v1"])
    async with channel_of(outsider.url) as channel:
        with suppress(AMQPError):  # refused or without effect, as the version of the broker has it
            await (await channel.get_queue(EVENTS_LOG, ensure=False)).purge()
    async with channel_of(outsider.url) as channel:
        await channel.set_qos(prefetch_count=10)
        message = await next_of(
            await channel.get_queue(EVENTS_LOG, ensure=False), arguments={"x-stream-offset": "first"}
        )
        assert decode(message.body) == SAMPLES["scan.started.v1"]


async def test_another_virtual_host_is_closed(outsider: Outsider, vhost: Vhost) -> None:
    with pytest.raises((AMQPError, ConnectionError)):
        async with channel_of(outsider.url.replace(vhost.name, "%2F")):
            pass


def test_the_management_page_is_closed(outsider: Outsider, vhost: Vhost) -> None:
    user, password = outsider.url.split("//")[1].split("@")[0].split(":")
    address = vhost.management_url.rpartition("@")[2]
    answer = httpx.get(f"http://{address}/api/overview", auth=(user, password), timeout=SECONDS)
    assert answer.status_code == 401


@pytest.mark.parametrize("kind", ["classic", "quorum", "stream"])
async def test_a_neglected_queue_has_limits_that_its_owner_cannot_lift(
    kind: str, outsider: Outsider, vhost: Vhost
) -> None:
    async with channel_of(outsider.url) as channel:
        arguments: dict[str, Any] = {"x-queue-type": kind, "x-max-length-bytes": 10 * 1024**4}
        await channel.declare_queue(outsider.queue("hoard"), durable=True, arguments=arguments)
    url = f"{vhost.management_url}/api/queues/{vhost.name}/{outsider.queue('hoard')}"
    limits = await effective_limits(url)
    unused = {} if kind == "stream" else {"expires": 14 * 24 * 3600 * 1000}
    assert limits == {"max-length-bytes": 1024**3, **unused}


async def effective_limits(url: str) -> dict[str, int]:
    """The management API tells them with its next statistics."""
    async with httpx.AsyncClient(timeout=SECONDS) as http:

        async def told() -> dict[str, int]:
            limits: dict[str, int] | None = (await http.get(url)).json().get("effective_policy_definition")
            return limits or {}

        return await eventually(told)


async def test_the_list_shows_queues_and_warns_of_those_that_refuse(outsider: Outsider) -> None:
    async with channel_of(outsider.url) as channel:
        await channel.declare_queue(outsider.queue("calm"), durable=True, arguments=QUORUM)
        refusing: dict[str, Any] = {**QUORUM, "x-max-length": 1, "x-overflow": "reject-publish"}
        await channel.declare_queue(outsider.queue("refusing"), durable=True, arguments=refusing)
        (own,) = [consumer for consumer in outsider.consumers.list() if consumer.name == outsider.name]
        assert own.connections == 1
        assert {queue.name: queue.refuses for queue in own.queues} == {
            outsider.queue("calm"): False,
            outsider.queue("refusing"): True,
        }


async def test_removing_ends_its_connections_and_deletes_its_queues(outsider: Outsider, vhost: Vhost) -> None:
    async with await aio_pika.connect(outsider.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(outsider.queue("work"), durable=True, arguments=QUORUM)
        closed = asyncio.Event()
        connection.close_callbacks.add(lambda *_: closed.set())
        await asyncio.to_thread(outsider.consumers.remove, outsider.name)
        async with patience():
            await closed.wait()
    assert outsider.name not in [consumer.name for consumer in outsider.consumers.list()]
    async with channel_of(vhost.url("administrator")) as channel:
        with pytest.raises(AMQPError):
            await channel.get_queue(outsider.queue("work"))


async def test_the_snippet_that_is_printed_works(outsider: Outsider, vhost: Vhost) -> None:
    async with program("-c", snippet(outsider.url, outsider.name)) as lines, patience():
        assert await lines.readline() == b"waiting for events\n"
        async with publisher(vhost) as scanner:
            await scanner.publish(SAMPLES["scan.started.v1"])
        line = (await lines.readline()).decode()
    assert line.split() == ["io.mailtally.scan.started.v1", SAMPLES["scan.started.v1"].subject]


def test_a_name_is_taken_once_and_must_be_one(outsider: Outsider) -> None:
    with pytest.raises(StackError, match="already"):
        outsider.consumers.add(outsider.name)
    assert outsider.consumers.add(outsider.name, renew=True) not in outsider.url
    with pytest.raises(StackError, match="not a valid consumer name"):
        outsider.consumers.add("Not.A.Name")
    with pytest.raises(StackError, match="No consumer"):
        outsider.consumers.remove("nobody")


def test_a_broker_that_is_away_is_one_sentence() -> None:
    with pytest.raises(StackError, match="is unavailable"):
        ExternalConsumers("http://a:b@127.0.0.1:9", vhost="/").list()


async def publish_often(scanner: Publisher) -> None:
    for _ in range(50):
        await scanner.publish(SAMPLES["scan.started.v1"])


async def test_a_queue_that_refuses_is_what_the_list_warns_of_and_removing_its_owner_ends_it(
    outsider: Outsider, vhost: Vhost
) -> None:
    """RabbitMQ lets the owner of a queue choose that, and no operator policy can forbid it."""
    async with channel_of(outsider.url) as channel, publisher(vhost) as scanner:
        refusing: dict[str, Any] = {**QUORUM, "x-max-length": 1, "x-overflow": "reject-publish"}
        queue = await channel.declare_queue(outsider.queue("refusing"), durable=True, arguments=refusing)
        await queue.bind(EVENTS_EXCHANGE, "scan.#")
        with pytest.raises(NotConfirmed):
            await publish_often(scanner)
        await asyncio.to_thread(outsider.consumers.remove, outsider.name)
        await scanner.publish(SAMPLES["scan.started.v1"])
