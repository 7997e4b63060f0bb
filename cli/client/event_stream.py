"""Reading the event log over AMQP, and putting a sample event into one queue."""

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
    """Where to begin in the stream, as `x-stream-offset`. `since` drops the older events of the
    chunk that a time selects."""

    offset: str | int | dt.datetime
    since: dt.datetime | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Parse "first", "last", "next", an offset or a time (RFC 3339; local if it names no
        zone)."""
        if text in _WORDS:
            return cls(text)
        if text.isdecimal():
            return cls(int(text))
        try:
            moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
        except ValueError:
            raise UsageError(
                f'"{text}" is not a position. Use first, next, an offset, or a time like 2026-03-01T09:30:00Z.'
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
        """Return the CloudEvents subject, which is optional; "-" if there is none."""
        return str(self.event.get("subject") or "-")


async def read_records(url: str, start: StreamOffset, pattern: str) -> AsyncGenerator[Record]:
    """Yield the events whose routing key matches `pattern`, without end. Raises `CliError` when the
    broker is unavailable or refuses."""
    try:
        async with await aio_pika.connect(with_heartbeat(url)) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_PREFETCH)
            stream = await channel.get_queue(EVENTS_LOG, ensure=False)
            # A plain consumer: aio-pika's iterator requeues its messages at the end, which a stream
            # refuses.
            arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
            connection.close_callbacks.add(lambda *_: arrived.put_nowait(None))
            await stream.consume(arrived.put, arguments={"x-stream-offset": start.offset})
            while (message := await arrived.get()) is not None:
                await message.ack()  # grants the broker credit to send more; the stream keeps the event
                record = _record(message)
                if _is_wanted(record, start, pattern):
                    yield record
            raise CliError("Lost the connection to the broker. Run the command again.")
    except (AMQPError, OSError) as error:
        raise CliError(f"Cannot read the event log ({type(error).__name__}).") from None


async def put_message(url: str, queue: str, key: str, body: bytes) -> None:
    """Publish one event to one queue directly, not to an exchange that others are bound to. Raises
    `CliError`."""
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
        raise CliError(f"There is no queue {queue}. Start the consumer first: it declares its queue.") from None
    except DeliveryError:
        raise CliError(f"The queue {queue} refused the event.") from None
    except (AMQPError, OSError) as error:
        raise CliError(f"The broker is unavailable ({type(error).__name__}).") from None


def _record(message: AbstractIncomingMessage) -> Record:
    offset = message.headers["x-stream-offset"]
    event = json.loads(message.body)
    return Record(int(str(offset)), str(event["type"]).removeprefix(TYPE_PREFIX), event)


def _is_wanted(record: Record, start: StreamOffset, pattern: str) -> bool:
    """Return whether the event matches. A time selects the chunk that holds it, which begins
    earlier, so events are compared with the time as well."""
    if not fnmatchcase(record.key, pattern):
        return False
    return start.since is None or dt.datetime.fromisoformat(record.event["time"]) >= start.since
