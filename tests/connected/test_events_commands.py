"""`mailtally events` against a real broker: the stream from wherever one likes; samples that reach one queue only."""

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import aio_pika
import pytest

from cli.client.event_stream import StreamOffset, put_message
from cli.errors import CliError, UsageError
from cli.main import main
from shared.events import Event
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan
from tests.support.outside import Outsider, an_outsider
from tests.support.programs import program
from tests.support.servers import Vhost
from tests.support.waiting import SECONDS, patience

Output = pytest.CaptureFixture[str]
SCAN = Scan()
TOLD = [SCAN.started(2), SCAN.progressed(3, 10), SCAN.progressed(4, 20), SCAN.completed(5)]


@pytest.fixture
def outsider(vhost: Vhost) -> Iterator[Outsider]:
    with an_outsider(vhost) as made:
        yield made


@pytest.fixture
def stream(vhost: Vhost, outsider: Outsider) -> str:
    """A consumer's URL of a broker whose stream holds four events."""
    asyncio.run(publish(vhost, TOLD))
    return outsider.url


async def publish(vhost: Vhost, events: list[Event[Any]]) -> None:
    broker = publishing_broker(vhost.url("scanner"), service="scanner")
    await start_when_reachable(broker)
    try:
        await Publisher(broker, confirm_s=SECONDS).publish_until_confirmed(events)
    finally:
        await broker.stop()


def tail(stream: str, *arguments: str) -> int:
    return main(["events", "tail", "--url", stream, "--json", *arguments])


def told(capsys: Output) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_begins_with_the_first_event_and_shows_each_as_it_was_published(stream: str, capsys: Output) -> None:
    assert tail(stream, "--from", "first", "--limit", "4") == 0
    lines = told(capsys)
    assert [line["offset"] for line in lines] == [0, 1, 2, 3]
    assert [line["event"] for line in lines] == [json.loads(event.to_bytes()) for event in TOLD]


def test_it_begins_at_an_offset(stream: str, capsys: Output) -> None:
    assert tail(stream, "--from", "2", "--limit", "2") == 0
    assert [line["offset"] for line in told(capsys)] == [2, 3]


def test_it_begins_at_a_time(stream: str, capsys: Output) -> None:
    moment = TOLD[2].time.astimezone(dt.UTC).isoformat()
    assert tail(stream, "--from", moment, "--limit", "2") == 0
    assert [line["event"]["id"] for line in told(capsys)] == [TOLD[2].id, TOLD[3].id]


def test_it_shows_one_type(stream: str, capsys: Output) -> None:
    assert tail(stream, "--from", "first", "--type", "scan.prog*", "--limit", "2") == 0
    assert [line["event"]["data"]["progress"] for line in told(capsys)] == [10, 20]


def test_for_a_person_it_is_a_line_each(stream: str, capsys: Output) -> None:
    assert main(["events", "tail", "--url", stream, "--from", "1", "--limit", "1"]) == 0
    offset, _day, _time, key, subject, *facts = capsys.readouterr().out.split()
    assert (offset, key, subject, facts[0]) == ("1", "scan.progressed.v1", SCAN.task_id, "progress=10")


async def test_next_shows_what_comes_from_now_on(vhost: Vhost, outsider: Outsider) -> None:
    await publish(vhost, TOLD)
    command = ("-m", "cli", "events", "tail", "--url", outsider.url, "--json")
    async with program(*command) as lines, patience():
        later = Scan("task-2").started(2)
        seen = asyncio.Event()
        publishing = asyncio.create_task(_until(seen, vhost, later))
        try:
            line = json.loads(await lines.readline())
        finally:
            seen.set()
            await publishing
    assert line["event"]["id"] == later.id


async def _until(seen: asyncio.Event, vhost: Vhost, event: Event[Any]) -> None:
    """Nobody can tell when a reader of `next` has begun; the same event may be published as often as one likes."""
    while not seen.is_set():
        await publish(vhost, [event])


def test_a_sample_is_printed(capsys: Output) -> None:
    assert main(["events", "emit-sample", "scan.completed.v1"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "io.mailtally.scan.completed.v1"


def test_a_sample_that_is_none_is_a_sentence_with_a_near_miss(capsys: Output) -> None:
    assert main(["events", "emit-sample", "scan.complete.v1"]) == 1
    assert "Did you mean scan.completed.v1?" in capsys.readouterr().err


async def test_a_sample_reaches_the_consumers_queue_and_never_the_status_service(
    vhost: Vhost, outsider: Outsider
) -> None:
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(outsider.queue("work"), durable=True)
        await queue.bind("mailtally.events", "scan.#")
        await put_message(
            vhost.url("administrator"), outsider.queue("work"), "scan.started.v1", SCAN.started().to_bytes()
        )
        message = await queue.get(timeout=SECONDS)
        assert message.body == SCAN.started().to_bytes()
        assert message.headers["cloudEvents_id"] == SCAN.started().id
        await message.ack()
        assert await queue.get(fail=False, timeout=SECONDS) is None
        status = await channel.get_queue(STATUS_SCAN_EVENTS)
        assert status.declaration_result.message_count == 0


@pytest.mark.parametrize("queue", [STATUS_SCAN_EVENTS, "scanner.slices", "consumerx"])
def test_a_sample_for_a_queue_that_is_no_consumers_is_refused(queue: str, capsys: Output) -> None:
    assert main(["events", "emit-sample", "scan.started.v1", "--to", queue]) == 1
    assert "a queue that starts with consumer." in capsys.readouterr().err


async def test_a_queue_that_is_not_there_is_a_sentence(vhost: Vhost) -> None:
    with pytest.raises(CliError, match=r"There is no queue consumer\.x\.y"):
        await put_message(vhost.url("administrator"), "consumer.x.y", "scan.started.v1", SCAN.started().to_bytes())


def test_a_beginning_that_is_none_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="yesterday"):
        StreamOffset.of("yesterday")


def test_a_broker_that_is_away_is_a_sentence(capsys: Output) -> None:
    assert tail("amqp://a:b@127.0.0.1:9/") == 1
    assert "Cannot read the event log" in capsys.readouterr().err
