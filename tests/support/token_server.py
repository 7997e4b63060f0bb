"""A token endpoint as mail providers have one: real HTTPS, with a certificate of an authority of the test's own."""

import asyncio
import socket
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.certificates import Authority
from tests.support.waiting import patience

HOST = "login.provider.test"


@dataclass
class TokenServer:
    """Gives out tokens "access-1", "access-2" and so on; `answers` come first, `refresh_tokens` are what it accepts if
    there are any, each once: every use gives the next one."""

    port: int = 0
    authority: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    answers: deque[tuple[int, Any]] = field(default_factory=deque)
    refresh_tokens: list[str] = field(default_factory=list)
    lookups: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    lasts: float = 3600
    access_token: Callable[[int], str] = "access-{}".format

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/token"

    async def look_up(self, host: str, _: int) -> list[str]:
        """The only resolver that knows the server's name."""
        self.lookups += 1
        assert host == HOST
        return ["127.0.0.1"]

    async def answer(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("ascii")))
        self.requests.append(form)
        self.arrived.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.answers:
            status, body = self.answers.popleft()
            return Response(body, status) if isinstance(body, bytes) else JSONResponse(body, status)
        token = {
            "access_token": self.access_token(len(self.requests)),
            "expires_in": self.lasts,
            "token_type": "Bearer",
        }
        if self.refresh_tokens:
            if form["refresh_token"] != self.refresh_tokens[-1]:
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.refresh_tokens.append(f"refresh-{len(self.refresh_tokens) + 1}")
            token["refresh_token"] = self.refresh_tokens[-1]
        return JSONResponse(token)


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@asynccontextmanager
async def a_token_server(host: str = HOST, *, authority: Authority | None = None) -> AsyncIterator[TokenServer]:
    """Serving until the context ends, under a certificate of the authority, or of one of its own."""
    state = TokenServer()
    app = Starlette(routes=[Route("/token", state.answer, methods=["POST"])])
    with tempfile.TemporaryDirectory() as folder:
        authority = authority or Authority(Path(folder))
        state.authority = authority.certificate.read_text("ascii")
        certificate, key = authority.issue(host)
        config = uvicorn.Config(
            app,
            port=0,
            log_config=None,
            lifespan="off",
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            async with patience():
                await server.is_up.wait()
            state.port = server.servers[0].sockets[0].getsockname()[1]
            yield state
        finally:
            server.should_exit = True
            await serving
