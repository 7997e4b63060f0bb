"""Dead letters are listed without their text, put back or dropped, on a real broker."""

from collections.abc import AsyncIterator

import aio_pika
import pytest

from cli.dead_letter_desk import Desk
from shared.dead_letters import AT_HEADER, QUEUE_HEADER, REASON_HEADER
from shared.topology import DEAD_EXCHANGE, SCAN_REQUESTED, STATUS_SCAN_EVENTS
from tests.support.builders import sample_events
from tests.support.servers import Vhost

SECRET = b"the text of a mail"


@pytest.fixture
async def channel(vhost: Vhost) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(vhost.url("administrator")) as connection:
        yield await connection.channel(publisher_confirms=True)


async def bury(channel: aio_pika.abc.AbstractChannel, queue: str, body: bytes) -> None:
    headers = {REASON_HEADER: f"why {queue}", QUEUE_HEADER: queue, AT_HEADER: "2026-11-12T09:00:00+00:00"}
    exchange = await channel.get_exchange(DEAD_EXCHANGE, ensure=False)
    await exchange.publish(aio_pika.Message(body, headers={**headers}), routing_key=queue)


async def waiting(channel: aio_pika.abc.AbstractChannel, queue: str) -> int:
    found = await channel.declare_queue(queue, passive=True)
    return found.declaration_result.message_count or 0


async def test_a_look_changes_nothing_and_shows_no_text(vhost: Vhost, channel: aio_pika.abc.AbstractChannel) -> None:
    event = sample_events()["scan.failed.v1"].to_bytes()
    await bury(channel, STATUS_SCAN_EVENTS, SECRET)
    await bury(channel, STATUS_SCAN_EVENTS, event)
    await bury(channel, SCAN_REQUESTED, b"[]")
    seen = []
    for _ in range(2):
        async with Desk.open(vhost.url("administrator")) as desk:
            seen.append([letter.redacted() for letter in await desk.letters()])
    assert seen[0] == seen[1]
    assert [letter["queue"] for letter in seen[0]] == [STATUS_SCAN_EVENTS, STATUS_SCAN_EVENTS, SCAN_REQUESTED]
    assert seen[0][1]["type"] == "io.mailtally.scan.failed.v1"
    assert seen[0][1]["data"]["error"].startswith("text of ")
    assert SECRET.decode() not in str(seen)
    assert "The account has no mailbox" not in str(seen)


async def test_redriven_ones_are_in_their_queue_again_and_dropped_ones_nowhere(
    vhost: Vhost, channel: aio_pika.abc.AbstractChannel
) -> None:
    for body in (b"1", b"2", b"3"):
        await bury(channel, STATUS_SCAN_EVENTS, body)
    async with Desk.open(vhost.url("administrator")) as desk:
        one, two, _ = await desk.letters(STATUS_SCAN_EVENTS)
        await desk.redrive([one])
        await desk.drop([two])
    async with Desk.open(vhost.url("administrator")) as desk:
        assert [letter.message.body for letter in await desk.letters()] == [b"3"]
    back = await (await channel.get_queue(STATUS_SCAN_EVENTS, ensure=False)).get(no_ack=True)
    assert back is not None
    assert (back.body, back.headers[REASON_HEADER]) == (b"1", f"why {STATUS_SCAN_EVENTS}")
    assert await waiting(channel, STATUS_SCAN_EVENTS) == 0
