"""`mailtally consumers` and the contract of the running product."""

import asyncio
import json
from collections.abc import Callable

import aio_pika
import httpx
import pytest

from cli.main import main
from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schema
from shared.events import decode
from shared.messaging.topology import EVENTS_LOG
from tests.e2e.conftest import LocalStack
from tests.support.api_client import Person
from tests.support.mailboxes import Samples
from tests.support.waiting import SECONDS, patience

Output = pytest.CaptureFixture[str]


def run(stack: LocalStack, *arguments: str) -> int:
    return main(["--local", str(stack.layout.local), "consumers", *arguments])


async def first_event(url: str) -> bytes:
    """The first that the stream holds."""
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        await arrived.put(message.body)

    async with await aio_pika.connect(url) as connection, patience():
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)
        stream = await channel.get_queue(EVENTS_LOG, ensure=False)
        await stream.consume(hear, arguments={"x-stream-offset": "first"})
        return await arrived.get()


def test_a_consumer_is_added_reads_and_is_removed(
    stack: LocalStack, person: Callable[[], Person], samples: Samples, capsys: Output
) -> None:
    person().scan(samples.first_messages("ada", 20))
    capsys.readouterr()
    assert run(stack, "add", "books") == 0
    printed = capsys.readouterr()
    url = printed.out.strip()
    assert url.startswith("amqp://consumer.books:")
    assert url in printed.err, "the snippet works as it is"
    assert decode(asyncio.run(first_event(url))).routing_key == "scan.requested.v1"
    assert run(stack, "add", "books") == 1
    assert "--renew" in capsys.readouterr().err
    assert run(stack, "list", "--json") == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)["items"]] == ["books"]
    assert run(stack, "remove", "books") == 2  # nobody can be asked
    assert run(stack, "remove", "books", "--yes") == 0
    capsys.readouterr()
    assert run(stack, "list") == 0
    assert "No consumers" in capsys.readouterr().err


def test_every_service_serves_the_contract_and_the_api_its_schemas(stack: LocalStack) -> None:
    metrics = stack.state.metrics
    listed = [urls if isinstance(urls, list) else [urls] for urls in metrics.values()]
    services = {str(httpx.URL(url).join("/asyncapi.json")) for urls in listed for url in urls}
    assert len(services) >= 4, "the api, two scanners and the status service"
    for url in services:
        assert httpx.get(url, trust_env=False, timeout=SECONDS).json() == asyncapi()
    answer = httpx.get(f"{stack.state.api_url}/schemas/scan.started.v1.json", trust_env=False, timeout=SECONDS)
    assert answer.json() == event_schema("scan.started.v1")
