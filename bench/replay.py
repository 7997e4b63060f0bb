"""Speed at which a new consumer reads the whole event stream, from the first event to the last, in
two ways."""

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import aio_pika
import aiormq
import orjson
import uvloop
from aiormq.abc import AbstractChannel, DeliveredMessage

from bench.record import record
from bench.servers import bench_servers
from bench.status.load import EVENTS_PER_SCAN, whole_scans
from shared.events import CONTENT_TYPE
from shared.messaging.topology import EVENTS_LOG
from tools.argparse_types import positive_int

_IN_FLIGHT = 2_000
_PREFETCH = 2_000
_SCANS_AT_ONCE = 1_000
_SECONDS = 1_800.0
_FROM_THE_BEGINNING = {"x-stream-offset": "first"}

Reader = Callable[[str, int], Awaitable[int]]


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench replay", description=__doc__)
    parser.add_argument("--events", type=positive_int, default=1_000_000)
    uvloop.run(_measure(parser.parse_args(argv).events))


async def _measure(events: int) -> None:
    figures: dict[str, float] = {"events": events}
    async with bench_servers("replay") as bench:
        url = bench.servers.amqp_url
        began = time.perf_counter()
        octets = await _fill(url, events)
        figures |= {"stored_per_second": events / (time.perf_counter() - began), "megabytes": octets / 1e6}
        for name, read in (("aiormq", _by_aiormq), ("aio_pika", _by_aio_pika)):
            began = time.perf_counter()
            async with asyncio.timeout(_SECONDS):
                scans = await read(url, events)
            seconds = time.perf_counter() - began
            if scans != -(-events // EVENTS_PER_SCAN):
                raise RuntimeError(f"{name} read the events of {scans} scans only")
            figures[f"{name}_per_second"] = events / seconds
            print(f"{name}: {events:,} events of {scans:,} scans in {seconds:.1f} s")
    record("replay", figures, {"aiormq": figures["aio_pika_per_second"] / figures["aiormq_per_second"]})


async def _fill(url: str, events: int) -> int:
    """Store so many events of whole scans in the stream, confirmed. Returns their bytes."""
    properties = aiormq.spec.Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=2)
    connection = await aiormq.connect(url)
    octets = 0
    try:
        channel = await connection.channel(publisher_confirms=True)
        bodies = itertools.islice(_bodies(), events)
        while block := list(itertools.islice(bodies, _IN_FLIGHT)):
            await asyncio.gather(*(_put(channel, body, properties) for body in block))
            octets += sum(map(len, block))
    finally:
        await connection.close()
    return octets


def _bodies() -> Iterator[bytes]:
    for number in itertools.count():
        yield from whole_scans(f"replay-{number}", _SCANS_AT_ONCE, active=1)


async def _put(channel: AbstractChannel, body: bytes, properties: aiormq.spec.Basic.Properties) -> None:
    await channel.basic_publish(body, exchange="", routing_key=EVENTS_LOG, properties=properties)


async def _by_aiormq(url: str, events: int) -> int:
    """Read with little overhead: JSON decoded, one acknowledgement for all that arrived.

    Returns the number of scans seen.
    """
    connection = await aiormq.connect(url)
    arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
    scans: set[str] = set()
    try:
        channel = await connection.channel()
        await channel.basic_qos(prefetch_count=_PREFETCH)

        async def receive(message: DeliveredMessage) -> None:
            arrived.put_nowait(message)

        await channel.basic_consume(EVENTS_LOG, receive, arguments={**_FROM_THE_BEGINNING})
        read = 0
        while read < events:
            message = await arrived.get()
            scans.add(orjson.loads(message.body)["subject"])
            read += 1
            if arrived.empty():
                await channel.basic_ack(message.delivery_tag or 0, multiple=True, wait=False)
    finally:
        await connection.close()
    return len(scans)


async def _by_aio_pika(url: str, events: int) -> int:
    """Read as docs/consumers does: each message acknowledged by itself.

    Returns the number of scans seen.
    """
    arrived: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    scans: set[str] = set()
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=_PREFETCH)
        stream = await channel.get_queue(EVENTS_LOG, ensure=False)
        await stream.consume(arrived.put, arguments={**_FROM_THE_BEGINNING})
        for _ in range(events):
            message = await arrived.get()
            scans.add(orjson.loads(message.body)["subject"])
            await message.ack()
    return len(scans)
