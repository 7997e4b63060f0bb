"""Limit of the servers: a consumer that does nothing but receive, coalesce and write.

`python -m bench.status.limit AMQP_URL MONGO_URL DATABASE` consumes like the status service: same
queue, prefetch, largest batch and write concern. It checks no event, keeps no order, reads nothing,
publishes nothing, and drops what fails.
"""

import asyncio
import sys
from typing import Any

import aio_pika
import orjson
import uvloop
from pymongo import UpdateOne

from services.status.repository import COLLECTION
from services.status.settings import StatusSettings
from shared import mongo
from shared.messaging.topology import STATUS_SCAN_EVENTS

BATCH = int(StatusSettings.model_fields["status_batch"].default)
READY = "ready"

_STATUS = {"scan.requested.v1": "PENDING", "scan.completed.v1": "DONE"}


async def consume(amqp_url: str, mongo_url: str, database: str) -> None:
    """Consume until killed: what arrives during one write makes the next one."""
    tasks = mongo.database(mongo.connect(mongo_url, service="limit"), database)[COLLECTION]
    channel = await (await aio_pika.connect(amqp_url)).channel()
    await channel.set_qos(prefetch_count=2 * BATCH)
    arrived: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    await (await channel.get_queue(STATUS_SCAN_EVENTS, ensure=False)).consume(arrived.put)
    print(READY, flush=True)
    while True:
        messages = [await arrived.get()]
        while len(messages) < BATCH and not arrived.empty():
            messages.append(arrived.get_nowait())
        changes: dict[str, dict[str, Any]] = {}
        for message in messages:
            event = orjson.loads(message.body)
            kind, data = event["type"].removeprefix("io.mailtally."), event["data"]
            data["status"] = _STATUS.get(kind, "PROGRESS")
            data["_latest"] = {"sequence": event["sequence"]}
            changes.setdefault(data["task_id"], {}).update(data)
        await tasks.bulk_write(
            [UpdateOne({"_id": task_id}, {"$set": change}, upsert=True) for task_id, change in changes.items()],
            ordered=False,
        )
        await messages[-1].ack(multiple=True)


if __name__ == "__main__":
    uvloop.run(consume(*sys.argv[1:]))
