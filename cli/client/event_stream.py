"""Reading the stream of events over AMQP, and putting one message into one queue."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity, DeliveryError

from cli.errors import CliError, UsageError
from shared.events import CONTENT_TYPE
from shared.events.envelope import TYPE_PREFIX
from shared.messaging.broker import with_heartbeat
from shared.messaging.topology import EVENTS_LOG

_PREFETCH = 500
_WORDS = ("first", "last", "next")


@dataclass(frozen=True)
class StreamOffset:
    """Where to begin in the stream: its `x-stream-offset`; `since` drops what a chunk holds from before a time."""

    offset: str | int | dt.datetime
    since: dt.datetime | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """From "first", "last", "next", an offset or a time (RFC 3339; local when it names no zone)."""
        if text in _WORDS:
            return cls(text)
        if text.isdecimal():
            return cls(int(text))
        try:
            moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
        except ValueError:
            raise UsageError(
                f'"{text}" is neither first, next, an offset nor a time like 2026-03-01T09:30:00Z.'
            ) from None
        return cls(moment, since=moment)


@dataclass(frozen=True)
class Record:
    """One event of the stream."""

    offset: int
    key: str
    event: dict[str, Any]

    @property
    def subject(self) -> str:
        """Whom it is about, which CloudEvents lets a sender leave out; "-" if it does not say."""
        return str(self.event.get("subject") or "-")


async def read_records(url: str, start: StreamOffset, pattern: str) -> AsyncGenerator[Record]:
    """The events whose routing key fits `pattern`, without end. Raises `CliError` if the broker is away or refuses."""
    try:
        async with await aio_pika.connect(with_heartbeat(url)) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_PREFETCH)
            stream = await channel.get_queue(EVENTS_LOG, ensure=False)
            # A plain consumer: when aio-pika's iterator ends it hands back what it holds, which a stream does not take.
            arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
            connection.close_callbacks.add(lambda *_: arrived.put_nowait(None))
            await stream.consume(arrived.put, arguments={"x-stream-offset": start.offset})
            while (message := await arrived.get()) is not None:
                await message.ack()  # gives the broker credit to send more, and takes nothing away
                record = _record(message)
                if _is_wanted(record, start, pattern):
                    yield record
            raise CliError("The connection to the broker was lost.")
    except (AMQPError, OSError) as error:
        raise CliError(f"The stream of events cannot be read ({type(error).__name__}).") from None


async def put_message(url: str, queue: str, key: str, body: bytes) -> None:
    """Put one event into one queue, past every exchange that others are bound to. Raises `CliError`."""
    try:
        async with await aio_pika.connect(with_heartbeat(url)) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.get_queue(queue)
            message = aio_pika.Message(
                body,
                content_type=CONTENT_TYPE,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                headers={"cloudEvents_id": json.loads(body)["id"]},
                type=TYPE_PREFIX + key,
            )
            await channel.default_exchange.publish(message, routing_key=queue, mandatory=True)
    except ChannelNotFoundEntity:
        raise CliError(f"There is no queue {queue}: start the consumer first, which makes it.") from None
    except DeliveryError:
        raise CliError(f"{queue} does not take it.") from None
    except (AMQPError, OSError) as error:
        raise CliError(f"The broker cannot be reached ({type(error).__name__}).") from None


def _record(message: AbstractIncomingMessage) -> Record:
    offset = message.headers["x-stream-offset"]
    event = json.loads(message.body)
    return Record(int(str(offset)), str(event["type"]).removeprefix(TYPE_PREFIX), event)


def _is_wanted(record: Record, start: StreamOffset, pattern: str) -> bool:
    """An offset is exact; a time names the chunk that holds it, which begins earlier. Its messages are dropped by their
    own time."""
    if not fnmatchcase(record.key, pattern):
        return False
    return start.since is None or dt.datetime.fromisoformat(record.event["time"]) >= start.since
