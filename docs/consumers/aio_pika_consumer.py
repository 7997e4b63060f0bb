"""Reads the stream from its beginning, and after a restart from where it was. Needs: pip install aio-pika

MAILTALLY_CONSUMER_URL=amqp://consumer.NAME:... python aio_pika_consumer.py invoices.sqlite3
The offset is stored in the transaction that stores the work, so neither can be ahead of the other.
"""

import asyncio
import json
import os
import sqlite3
import sys

import aio_pika

STREAM = "mailtally.events.log"


def opened(path: str) -> sqlite3.Connection:
    store = sqlite3.connect(path)
    store.execute(
        "CREATE TABLE IF NOT EXISTS invoices (event TEXT PRIMARY KEY, vendor TEXT, total TEXT, currency TEXT)"
    )
    store.execute("CREATE TABLE IF NOT EXISTS place (stream TEXT PRIMARY KEY, next INTEGER)")
    return store


def handle(store: sqlite3.Connection, event: dict) -> bool:
    """The work: whether this event was news. Other types, and fields that it does not know, it passes over."""
    if event["type"] != "io.mailtally.invoice.found.v1":
        return False
    row = (event["id"], *(event["data"].get(name) for name in ("vendor", "total", "currency")))
    return bool(store.execute("INSERT OR IGNORE INTO invoices VALUES (?, ?, ?, ?)", row).rowcount)


async def main(path: str) -> None:
    store, arrived = opened(path), asyncio.Queue()
    (place,) = store.execute("SELECT max(next) FROM place").fetchone()
    connection = await aio_pika.connect_robust(os.environ["MAILTALLY_CONSUMER_URL"])
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=500)  # a stream asks for one
    stream = await channel.get_queue(STREAM, ensure=False)
    # Not queue.iterator(): when that ends it hands messages back, for which a stream closes the connection.
    await stream.consume(arrived.put, arguments={"x-stream-offset": "first" if place is None else place})
    while message := await arrived.get():
        event, offset = json.loads(message.body), int(message.headers["x-stream-offset"])
        with store:
            news = handle(store, event)
            store.execute("REPLACE INTO place VALUES (?, ?)", (STREAM, offset + 1))
        await message.ack()  # only asks for more: the stream keeps everything
        print("kept" if news else "passed", event["id"], flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
