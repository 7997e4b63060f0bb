"""A receiver of webhooks on this machine, over TLS, that answers as it is told to and notes what came."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.certificates import Authority
from tests.support.waiting import Arrivals


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    def verified(self, secret: str) -> dict[str, Any]:
        """The event, if the standard's own library takes the signature; it raises otherwise."""
        event: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        assert event["id"] == self.headers["webhook-id"]
        return event


@dataclass
class Receiver:
    """`answers` are given in turn, then 204. `before_answer` is awaited with each request before it is answered."""

    url: str
    certificates: str
    answers: deque[Response] = field(default_factory=deque)
    before_answer: Callable[[Received], Awaitable[None]] | None = None
    _arrivals: Arrivals[Received] = field(default_factory=Arrivals)

    @property
    def received(self) -> list[Received]:
        """The requests so far, in order."""
        return self._arrivals.items

    def answer(self, *statuses: int, **headers: str) -> None:
        """Answer with these next."""
        self.answers.extend(Response(b"x" * 10, status, {k.replace("_", "-"): v for k, v in headers.items()})
                            for status in statuses)  # fmt: skip

    async def until(self, number: int) -> list[Received]:
        """The requests, as soon as there are so many."""
        await self._arrivals.until(lambda: len(self.received) >= number)
        return self.received

    async def __call__(self, request: Request) -> Response:
        received = Received(request.url.path, dict(request.headers), await request.body())
        await self._arrivals.add(received)
        if self.before_answer is not None:
            await self.before_answer(received)
        return self.answers.popleft() if self.answers else Response(status_code=204)


@asynccontextmanager
async def a_receiver(folder: Path) -> AsyncIterator[Receiver]:
    """Listens on a free port of 127.0.0.1 with a certificate of an authority of its own."""
    authority = Authority(folder / "authority")
    certificate, key = authority.issue("127.0.0.1")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        receiver = Receiver(f"https://127.0.0.1:{port}/hook?key=1", authority.certificate.read_text("ascii"))
        app = Starlette(routes=[Route("/{path:path}", receiver.__call__, methods=["POST"])])
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ssl_certfile=str(certificate), ssl_keyfile=str(key),
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield receiver
        finally:
            server.should_exit = True
            await task
