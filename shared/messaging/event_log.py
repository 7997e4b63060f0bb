"""Reader of the event log, the stream that keeps every event, from its beginning or a time to its
end."""

import asyncio
import datetime as dt
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self

import aiormq
from aiormq.abc import AbstractConnection, DeliveredMessage

from shared.errors import MailtallyError
from shared.messaging.broker import with_heartbeat
from shared.messaging.topology import EVENTS_LOG

_PREFETCH = 2_000
_FIRST_EVENT_SECONDS = 3.0
"""A stream that delivers nothing within this time is empty.

A busy broker is slow, and an empty stream is rare.
"""
_LAST_CHUNK_SECONDS = 0.5
_STALLED_SECONDS = 30.0
_NEWER_SECONDS = 5.0
"""A time after the last chunk starts behind it, where nothing is delivered: after so long without
an event, the last chunk itself is read."""


class EventLogStalled(MailtallyError):
    """The broker has more events of the stream and does not deliver them."""


@dataclass(frozen=True, slots=True)
class _Record:
    offset: int
    tag: int
    body: bytes

    @classmethod
    def of(cls, message: DeliveredMessage) -> Self:
        headers = message.header.properties.headers or {}
        return cls(int(str(headers["x-stream-offset"])), message.delivery_tag or 0, message.body)


class EventLog:
    """One pass through the stream, which each call of `read_new` continues.

    Reading removes nothing.

    A pass from a time `start` begins with the chunk that holds it, so some older events come first.
    """

    def __init__(self, connection: AbstractConnection, start: dt.datetime | None = None) -> None:
        self._connection = connection
        self._start = start
        self._batches: AsyncIterator[list[_Record]] | None = None
        self._last = -1
        self.first_offset: int | None = None
        """Offset of the oldest event kept: 0 until one has become too old. None: nothing read yet."""

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, start: dt.datetime | None = None) -> AsyncIterator[Self]:
        """Open a pass on its own connection. Raises aiormq's errors when the broker is unavailable."""
        connection = await aiormq.connect(with_heartbeat(url))
        try:
            yield cls(connection, start)
        finally:
            await connection.close()

    async def read_new(self) -> AsyncIterator[list[bytes]]:
        """Yield all events that the stream holds now and that were not read yet, in order, in
        batches.

        Raises `EventLogStalled` when the broker stops before the end.
        """
        end = await self._end_offset()
        if self._batches is None and end >= 0:
            self._batches = self._consume("first") if self._start is None else self._consume_from(self._start)
        while self._batches is not None and self._last < end:
            try:
                async with asyncio.timeout(_STALLED_SECONDS):
                    records = await anext(self._batches)
            except TimeoutError:
                raise EventLogStalled(
                    f"The broker stopped at offset {self._last} of the event log, before its end at {end}."
                ) from None
            self._last = records[-1].offset
            yield [record.body for record in records]

    async def has_backlog(self, queue_name: str) -> bool:
        """Return whether events wait in a queue that has a consumer."""
        channel = await self._connection.channel()
        try:
            queue = await channel.queue_declare(queue_name, passive=True)
        finally:
            await channel.close()
        return bool(queue.message_count) and bool(queue.consumer_count)

    async def _end_offset(self) -> int:
        """Return the offset of the last event of the stream, or of a later one; -1: the stream is
        empty.

        AMQP 0.9.1 does not give the length of a stream. A second consumer starts at the last chunk,
        and has all of it soon after its first event.
        """
        seen: deque[int] = deque([-1], maxlen=1)
        received = asyncio.Event()

        async def receive(message: DeliveredMessage) -> None:
            seen.append(_Record.of(message).offset)
            received.set()

        channel = await self._connection.channel()
        try:
            await channel.basic_qos(prefetch_count=_PREFETCH)
            await channel.basic_consume(EVENTS_LOG, receive, arguments={"x-stream-offset": "last"})
            with suppress(TimeoutError):
                await asyncio.wait_for(received.wait(), _FIRST_EVENT_SECONDS)
                await asyncio.sleep(_LAST_CHUNK_SECONDS)
            return seen[-1]
        finally:
            await channel.close()

    async def _consume_from(self, start: dt.datetime) -> AsyncIterator[list[_Record]]:
        batches = self._consume(start)
        try:
            async with asyncio.timeout(_NEWER_SECONDS):
                batch = await anext(batches)
        except TimeoutError:
            batches = self._consume("last")
        else:
            yield batch
        async for batch in batches:
            yield batch

    async def _consume(self, start: str | dt.datetime) -> AsyncIterator[list[_Record]]:
        """Yield batches of arriving events, without end.

        An acknowledgement only lets the broker send more.
        """
        arrived: asyncio.Queue[_Record] = asyncio.Queue()

        async def receive(message: DeliveredMessage) -> None:
            arrived.put_nowait(_Record.of(message))

        channel = await self._connection.channel()
        try:
            await channel.basic_qos(prefetch_count=_PREFETCH)
            await channel.basic_consume(EVENTS_LOG, receive, arguments={"x-stream-offset": start})
            while True:
                records = [await arrived.get()]
                while not arrived.empty():
                    records.append(arrived.get_nowait())
                if self.first_offset is None:
                    self.first_offset = records[0].offset
                await channel.basic_ack(records[-1].tag, multiple=True, wait=False)
                yield records
        finally:
            if not channel.is_closed:
                await channel.close()
