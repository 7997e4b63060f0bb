"""Adding, listing and removing external consumers through RabbitMQ's management API."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from shared.messaging.external_consumers import (
    USER_PREFIX,
    consumer_limits,
    consumer_permissions,
    consumer_user,
    is_name,
)
from shared.messaging.topology import EVENTS_EXCHANGE
from tools.stack.errors import StackError

_SECONDS = 30.0
_SNIPPET = """\
import asyncio, json
import aio_pika

async def main():
    connection = await aio_pika.connect_robust("{url}")
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)
    queue = await channel.declare_queue("{queue}", durable=True, arguments={{"x-queue-type": "quorum"}})
    for key in ("scan.#", "invoice.#", "task.changed.v1"):
        await queue.bind("{exchange}", key)
    print("waiting for events", flush=True)
    async with queue.iterator() as messages:
        async for message in messages:
            async with message.process():
                event = json.loads(message.body)
                print(event["type"], event["subject"], flush=True)

asyncio.run(main())
"""


@dataclass(frozen=True)
class ConsumerQueue:
    """A queue of a consumer. `refuses` means that it rejects events when it is full, which delays
    every publisher."""

    name: str
    messages: int
    consumers: int
    refuses: bool


@dataclass(frozen=True)
class ExternalConsumer:
    """A consumer, its connections and its queues."""

    name: str
    connections: int
    queues: tuple[ConsumerQueue, ...]


class ExternalConsumers:
    """The external consumers of one virtual host. Every method raises `StackError`."""

    def __init__(self, management_url: str, *, vhost: str) -> None:
        self._url = management_url.rstrip("/")
        self._vhost = vhost

    def add(self, name: str, *, renew: bool = False) -> str:
        """Create the consumer and return its password, which is not stored. `renew` gives an
        existing one a new password."""
        _check(name)
        user = consumer_user(name)
        password = secrets.token_urlsafe(24)
        with self._api() as api:
            if not renew and api.get(f"/users/{user}").status_code == httpx.codes.OK:
                raise StackError(f'A consumer "{name}" already exists. Add --renew to give it a new password.')
            _done(api.put(f"/users/{user}", json={"password": password, "tags": ""}))
            for limit, value in consumer_limits().items():
                _done(api.put(f"/user-limits/{user}/{limit}", json={"value": value}))
            _done(api.post("/definitions", json=consumer_permissions(self._vhost, name)))
        return password

    def list(self) -> list[ExternalConsumer]:
        """Return all consumers by name."""
        with self._api() as api:
            users = [item["name"] for item in _json(api.get("/users"))]
            queues = _json(api.get(f"/queues/{quote(self._vhost, safe='')}"))
            names = sorted(user.removeprefix(USER_PREFIX) for user in users if user.startswith(USER_PREFIX))
            return [
                _consumer(name, queues, _json(api.get(f"/connections/username/{consumer_user(name)}")))
                for name in names
            ]

    def remove(self, name: str) -> None:
        """Close the consumer's connections, and delete its queues, exchanges and user."""
        _check(name)
        user, vhost = consumer_user(name), quote(self._vhost, safe="")
        with self._api() as api:
            if api.get(f"/users/{user}").status_code == httpx.codes.NOT_FOUND:
                raise StackError(f'No consumer "{name}".')
            _done(api.delete(f"/users/{user}"))
            _done(api.delete(f"/connections/username/{user}"), missing_ok=True)
            for queue in _json(api.get(f"/queues/{vhost}")):
                if queue["name"].startswith(f"{user}."):
                    _done(api.delete(f"/queues/{vhost}/{quote(queue['name'], safe='')}"), missing_ok=True)
            for exchange in _json(api.get(f"/exchanges/{vhost}")):
                if exchange["name"].startswith(f"{user}."):
                    _done(api.delete(f"/exchanges/{vhost}/{quote(exchange['name'], safe='')}"), missing_ok=True)

    @contextmanager
    def _api(self) -> Iterator[httpx.Client]:
        try:
            with httpx.Client(base_url=f"{self._url}/api", timeout=_SECONDS, trust_env=False) as api:
                yield api
        except httpx.HTTPStatusError as error:
            raise StackError(
                f"RabbitMQ's management API refused the request (HTTP {error.response.status_code})."
            ) from None
        except httpx.HTTPError as error:
            raise StackError(f"RabbitMQ's management API is unavailable ({type(error).__name__}).") from None


def consumer_url(amqp_url: str, name: str, password: str) -> str:
    """Return the URL for a consumer, with the broker and virtual host of `amqp_url`."""
    parts = urlsplit(amqp_url)
    return parts._replace(netloc=f"{consumer_user(name)}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def snippet(url: str, name: str) -> str:
    """Return a complete program that prints each event as it arrives."""
    return _SNIPPET.format(url=url, queue=f"{consumer_user(name)}.first", exchange=EVENTS_EXCHANGE)


def _consumer(name: str, queues: list[dict[str, Any]], connections: list[dict[str, Any]]) -> ExternalConsumer:
    user = consumer_user(name)
    own = [queue for queue in queues if queue["name"].startswith(f"{user}.")]
    return ExternalConsumer(
        name,
        connections=len(connections),
        queues=tuple(
            ConsumerQueue(
                queue["name"],
                messages=queue.get("messages", 0),
                consumers=queue.get("consumers", 0),
                refuses=str(queue.get("arguments", {}).get("x-overflow", "")).startswith("reject-publish"),
            )
            for queue in own
        ),
    )


def _check(name: str) -> None:
    if not is_name(name):
        raise StackError(
            f'"{name}" is not a valid consumer name. Use a letter, then letters, digits and "-", at most 40 characters.'
        )


def _done(response: httpx.Response, *, missing_ok: bool = False) -> None:
    if not (missing_ok and response.status_code == httpx.codes.NOT_FOUND):
        response.raise_for_status()


def _json(response: httpx.Response) -> list[dict[str, Any]]:
    response.raise_for_status()
    items: list[dict[str, Any]] = response.json()
    return items
