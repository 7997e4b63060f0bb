"""A session on the dead-letter queues as the broker's user `operator`: list, redrive, drop.

Nothing is published here. A message that is rejected is put back by the broker itself (the policies
of `shared.messaging.topology`), exactly as it is; one that is acknowledged is deleted. Until then
it stays in its queue, so an interruption loses nothing and repeats nothing.

A session holds what it has read until it ends; other sessions see only the rest meanwhile.
"""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage

from shared.errors import BrokerUnavailable
from shared.messaging.amqp_connection import CONNECTION_LOST
from shared.messaging.broker import with_heartbeat
from shared.messaging.dead_letters import AT_HEADER, REASON_HEADER, TRIES_HEADER
from shared.messaging.topology import WORK_QUEUES
from shared.timestamps import rfc3339

MAX_MESSAGES = 10_000
"""Limit of dead letters that one session reads from each queue."""

_CONNECT_SECONDS = 4.0
_SECONDS = 20.0
_HELD_ELSEWHERE_SECONDS = 5.0
"""Waiting messages come at once, unless another session took them first."""
_RETURN_SECONDS = 2.0
_RETURN_PAUSE_SECONDS = 0.02
_SETTLE_BATCH = 16
_SHOWN_FIELDS = ("specversion", "id", "source", "type", "subject", "time", "sequence")
_TOKEN = re.compile(r"[\w.:/+-]{1,200}")
"""What ids, types and times consist of; a sentence is none."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled; `queue` is where it came from."""

    queue: str
    tag: int
    body: bytes
    headers: Mapping[str, Any]

    @property
    def letter_id(self) -> str:
        """Return an id that stays the same until the message is dead-lettered anew."""
        prefix = f"{self.queue}\n{self.at}\n{self.tries}\n".encode()
        return hashlib.sha256(prefix + self.body).hexdigest()[:12]

    @property
    def at(self) -> str | None:
        """Return when it was dead-lettered (RFC 3339)."""
        death = self._broker_death
        return self._header(AT_HEADER) if death is None else rfc3339(death["time"])

    @property
    def tries(self) -> int:
        """Return how often it was dead-lettered."""
        counted = self._header(TRIES_HEADER) or ""
        by_the_broker = self._broker_death
        return max(1, (int(counted) if counted.isdecimal() else 0) + (by_the_broker["count"] if by_the_broker else 0))

    def summary(self) -> dict[str, Any]:
        """Return what a list shows of it."""
        body = self._body()
        data = body.get("data")
        known = {**(data if isinstance(data, dict) else {}), **body}
        return {
            "id": self.letter_id,
            "queue": self.queue,
            "at": self.at,
            "reason": self._header(REASON_HEADER) if self._broker_death is None else "never acknowledged",
            "type": _token(body.get("type")),
            "task_id": _token(known.get("task_id", body.get("subject"))),
            "tries": self.tries,
            "bytes": len(self.body),
        }

    def redacted(self) -> dict[str, Any]:
        """Return all that may be shown: no text of a mail, whatever wrote the message."""
        body = self._body()
        data = body.get("data", body)  # a command is no event: it has no envelope
        return {
            **self.summary(),
            "event": {name: body[name] for name in _SHOWN_FIELDS if _token(body.get(name))},
            "data": {name: _kind(value) for name, value in data.items() if _token(name)}
            if isinstance(data, dict)
            else None,
        }

    @property
    def _broker_death(self) -> Mapping[str, Any] | None:
        """Return RabbitMQ's own record (`x-death`) if the broker dead-lettered the message."""
        deaths = self.headers.get("x-death") or [{}]
        return deaths[0] if deaths[0].get("queue") == self.queue else None

    def _header(self, name: str) -> str | None:
        value = self.headers.get(name)
        return value if isinstance(value, str) else None

    def _body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


class DeadLetterSession:
    """An open session on the dead-letter queues."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._ready_before: dict[str, int] = {}
        self._settled: Counter[str] = Counter()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Open a session for at most 20 seconds. Raises `BrokerUnavailable`; what was done by then
        stays done."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                connection = await aiormq.connect(with_heartbeat(url))
            try:
                async with asyncio.timeout(_SECONDS):
                    session = cls(await connection.channel(publisher_confirms=False))
                    yield session
                    await session._return_held(connection)
            finally:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await connection.close()
        except CONNECTION_LOST as error:
            raise BrokerUnavailable(f"RabbitMQ does not answer ({type(error).__name__})") from None

    async def _return_held(self, connection: AbstractConnection) -> None:
        """Return what is still held, and wait until the queues have it, for the next session.

        RabbitMQ puts messages back only some time after their channel is closed, and does not
        announce it. Rejecting them instead would count as a delivery, of which a quorum queue
        allows only so many.
        """
        await self._channel.close()
        channel = await connection.channel(publisher_confirms=False)
        with suppress(TimeoutError):  # another session holds some of them by now
            async with asyncio.timeout(_RETURN_SECONDS):
                for queue, before in self._ready_before.items():
                    expected = before - self._settled[queue]
                    while await _ready(channel, queue) < expected:  # noqa: ASYNC110 (no event says so)
                        await asyncio.sleep(_RETURN_PAUSE_SECONDS)

    async def counts(self) -> dict[str, int]:
        """Return work queue -> number of its dead letters that no session holds."""
        return {work.name: await _ready(self._channel, work.dead) for work in WORK_QUEUES}

    async def messages(self, queue: str | None = None, *, most: int = MAX_MESSAGES) -> list[DeadLetter]:
        """Return the dead letters of all work queues or of one, oldest first, at most `most` of
        each."""
        return [
            DeadLetter(work.name, message.delivery_tag or 0, message.body, message.header.properties.headers or {})
            for work in WORK_QUEUES
            if queue in (None, work.name)
            for message in await self._take(work.dead, most)
        ]

    async def redrive(self, messages: Collection[DeadLetter]) -> None:
        """Have the broker put them back where they came from."""
        await self._settle(messages, lambda tag: self._channel.basic_reject(tag, requeue=False, wait=False))

    async def drop(self, messages: Collection[DeadLetter]) -> None:
        """Delete them for good."""
        await self._settle(messages, lambda tag: self._channel.basic_ack(tag, wait=False))

    async def _settle(self, messages: Collection[DeadLetter], settle: Callable[[int], Awaitable[None]]) -> None:
        """Settle messages so that each stays settled when the channel closes.

        RabbitMQ confirms neither acknowledgements nor rejections, and with more than 32 under way
        to a quorum queue its channel holds the others back and forgets them when it closes. A get
        from the same queue is processed after them.
        """
        for work in WORK_QUEUES:
            tags = iter([message.tag for message in messages if message.queue == work.name])
            self._settled[work.dead] += sum(message.queue == work.name for message in messages)
            while batch := list(islice(tags, _SETTLE_BATCH)):
                for tag in batch:
                    await settle(tag)
                await self._channel.basic_get(work.dead)  # what it gets is returned when the session ends

    async def _take(self, queue: str, most: int) -> list[DeliveredMessage]:
        ready = await _ready(self._channel, queue)
        expected = min(ready, most)
        if not expected:
            return []
        self._ready_before[queue] = ready
        arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
        await self._channel.basic_qos(prefetch_count=expected)
        consumer = await self._channel.basic_consume(queue, arrived.put)
        taken: list[DeliveredMessage] = []
        with suppress(TimeoutError):  # another session may hold the rest
            while len(taken) < expected:
                async with asyncio.timeout(_HELD_ELSEWHERE_SECONDS):
                    taken.append(await arrived.get())
        await self._channel.basic_cancel(consumer.consumer_tag or "")
        return taken


async def _ready(channel: AbstractChannel, queue: str) -> int:
    """Return the number of messages of a queue that no consumer holds."""
    return (await channel.queue_declare(queue, passive=True)).message_count or 0


def _token(value: Any) -> str | None:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _kind(value: Any) -> str:
    names: dict[type, Callable[[Any], str]] = {
        str: lambda text: f"text of {len(text)}",
        list: lambda items: f"list of {len(items)}",
        dict: lambda fields: f"object of {len(fields)}",
    }
    return names.get(type(value), lambda plain: type(plain).__name__)(value)
