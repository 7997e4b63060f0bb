"""Keeps each invoice once, from a durable queue of its own. Needs: pip install "faststream[rabbit]"

MAILTALLY_CONSUMER_URL=amqp://consumer.NAME:... python faststream_consumer.py invoices.sqlite3
Start it as often as you like, on as many machines: they share the queue, each event goes to one of them.
"""

import asyncio
import json
import os
import sqlite3
import sys
from urllib.parse import urlsplit

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue

url = os.environ["MAILTALLY_CONSUMER_URL"]
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("CREATE TABLE IF NOT EXISTS invoices (event TEXT PRIMARY KEY, vendor TEXT, total TEXT, currency TEXT)")

broker = RabbitBroker(url, default_channel=Channel(prefetch_count=100))
app = FastStream(broker)
events = RabbitExchange("mailtally.events", type=ExchangeType.TOPIC, declare=False)
queue = RabbitQueue(f"{urlsplit(url).username}.invoices", queue_type=QueueType.QUORUM, routing_key="invoice.found.v1")


@broker.subscriber(queue, events, ack_policy=AckPolicy.NACK_ON_ERROR)  # acknowledged when this function has returned
async def on_invoice(message: RabbitMessage) -> None:
    event = json.loads(message.body)
    row = (event["id"], *(event["data"].get(name) for name in ("vendor", "total", "currency")))
    done = store.execute("INSERT OR IGNORE INTO invoices VALUES (?, ?, ?, ?)", row)  # the same event again: no effect
    print("kept" if done.rowcount else "known", event["id"], flush=True)


@app.after_startup
async def ready() -> None:
    print("ready", flush=True)


asyncio.run(app.run())
