"""The dead-letter queues, with an administrator's rights at the broker: no service has the right to move messages
between them, which is why this is no work of the api's.

A look takes messages and gives them back when its channel closes; while one looks, another sees fewer.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from cli.errors import CliError
from shared.dead_letters import AT_HEADER, REASON_HEADER
from shared.topology import WORK_QUEUES

_MOST = 10_000
_SHOWN_FIELDS = ("specversion", "id", "source", "type", "subject", "time", "sequence")


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled; `queue` is where it came from."""

    queue: str
    message: AbstractIncomingMessage

    @property
    def letter_id(self) -> str:
        """The same at every look."""
        told = f"{self.queue}\n{self._header(AT_HEADER)}\n".encode()
        return hashlib.sha256(told + self.message.body).hexdigest()[:12]

    def summary(self) -> dict[str, Any]:
        """What a list shows of it."""
        return {
            "id": self.letter_id,
            "queue": self.queue,
            "at": self._header(AT_HEADER),
            "reason": self._header(REASON_HEADER),
            "type": self._body().get("type"),
            "bytes": len(self.message.body),
        }

    def redacted(self) -> dict[str, Any]:
        """All that may be shown: whoever wrote the message, no text of a mail comes out here."""
        body = self._body()
        data = body.get("data")
        return {
            **self.summary(),
            "event": {name: body[name] for name in _SHOWN_FIELDS if isinstance(body.get(name), str)},
            "data": {name: _kind(value) for name, value in data.items()} if isinstance(data, dict) else None,
        }

    def _header(self, name: str) -> str | None:
        value = self.message.headers.get(name)
        return value if isinstance(value, str) else None

    def _body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.message.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


class Desk:
    """An open look at the dead letters."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """With an administrator's URL. Raises `CliError` when the broker is away."""
        try:
            async with await aio_pika.connect(url) as connection:
                yield cls(await connection.channel(publisher_confirms=True, on_return_raises=True))
        except (AMQPError, OSError) as error:
            raise CliError(f"RabbitMQ does not answer ({type(error).__name__}). What was done stays done.") from None

    async def letters(self, queue: str | None = None) -> list[DeadLetter]:
        """Those of all queues or of one, oldest first, at most 10,000."""
        found: list[DeadLetter] = []
        for work in WORK_QUEUES:
            if queue in (None, work.name):
                dead = await self._channel.get_queue(work.dead, ensure=False)
                while len(found) < _MOST and (message := await dead.get(fail=False)) is not None:
                    found.append(DeadLetter(work.name, message))
        return found

    async def redrive(self, letters: Collection[DeadLetter]) -> None:
        """Put them back where they came from; each leaves here when it is stored there."""
        for letter in letters:
            original = letter.message
            copy = aio_pika.Message(
                original.body,
                headers=original.headers,
                content_type=original.content_type,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await self._channel.default_exchange.publish(copy, routing_key=letter.queue, mandatory=True)
            await original.ack()

    async def drop(self, letters: Collection[DeadLetter]) -> None:
        """Delete them for good."""
        for letter in letters:
            await letter.message.ack()


def _kind(value: Any) -> str:
    names: dict[type, Callable[[Any], str]] = {
        str: lambda text: f"text of {len(text)}",
        list: lambda items: f"list of {len(items)}",
        dict: lambda fields: f"object of {len(fields)}",
    }
    return names.get(type(value), lambda plain: type(plain).__name__)(value)
