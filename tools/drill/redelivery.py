"""Publishing events and commands again, in another order."""

import asyncio
import random
from collections.abc import Sequence

import aio_pika
from aio_pika.exceptions import AMQPError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from services.scanner.jobs.commands import Command
from services.scanner.runs.model import PLAN, Unit
from shared.errors import MailtallyError
from shared.events import CONTENT_TYPE, decode
from shared.messaging.event_log import EventLog
from shared.messaging.topology import COMMANDS_EXCHANGE, EVENTS_EXCHANGE, SLICE_COMMAND
from shared.mongo import Document
from tools.stack.options import DATABASE
from tools.stack.stackfile import Stack

_AT_MOST = 300
_SECONDS = 20.0

UNAVAILABLE_ERRORS = (AMQPError, ConnectionError, TimeoutError, PyMongoError, MailtallyError)
"""Errors that occur because the server is down, too."""

Message = tuple[bytes, str, str]
"""Body, routing key, content type."""


def repeat_events(stack: Stack, rng: random.Random) -> int:
    """Publish up to 300 events of the event log again, shuffled; returns how many. Raises one of
    `UNAVAILABLE_ERRORS`."""
    bodies = asyncio.run(asyncio.wait_for(read_stream(stack.amqp_url), _SECONDS))
    chosen = rng.sample(bodies, min(_AT_MOST, len(bodies)))
    return _publish(stack, EVENTS_EXCHANGE, [(body, decode(body).routing_key, CONTENT_TYPE) for body in chosen])


def repeat_commands(stack: Stack, rng: random.Random) -> int:
    """Publish up to 300 commands for units of any run again, shuffled, some as rescues; returns how
    many."""
    with MongoClient[Document](stack.mongo_url, timeoutMS=5000) as client:
        runs = list(client[DATABASE]["scan_runs"].find({}, {"slices": 1}))
    units = [(run["_id"], unit) for run in runs for unit in (PLAN, *map(Unit, map(int, run.get("slices", {}))))]
    chosen = rng.sample(units, min(_AT_MOST, len(units)))
    commands = [Command(task_id, unit, rescue=rng.random() < 0.2) for task_id, unit in chosen]
    return _publish(stack, COMMANDS_EXCHANGE, [(c.to_bytes(), SLICE_COMMAND, "application/json") for c in commands])


async def read_stream(amqp_url: str) -> list[bytes]:
    """Return every event in the event log."""
    async with EventLog.open(amqp_url) as log:
        return [body async for bodies in log.read_new() for body in bodies]


def _publish(stack: Stack, exchange: str, messages: Sequence[Message]) -> int:
    async def publish() -> None:
        async with await aio_pika.connect(stack.amqp_url, timeout=_SECONDS) as connection:
            target = await (await connection.channel()).get_exchange(exchange, ensure=False)
            for body, key, content_type in messages:
                message = aio_pika.Message(
                    body, content_type=content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
                )
                await target.publish(message, key)

    asyncio.run(asyncio.wait_for(publish(), _SECONDS))
    return len(messages)
