"""The life of a service process: runs its ASGI application until a signal or the failure of a
background task."""

import asyncio
import gc
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import TypeVar, cast

import uvicorn
import uvloop
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.errors import SettingsError
from shared.observability import logs, telemetry
from shared.settings import ServiceSettings, load
from shared.supervision import Supervisor

GRACE_SECONDS = 15
_FILES = 65_536

CONNECTION_KEY = "mailtally.connection"
"""Key of the ASGI scope under which the `asyncio.Transport` of the request is found."""

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class Protocol(HttpToolsProtocol):
    """Passes the connection of a request to the application.

    After the start of a chunked response (RFC 9112 section 7.1), the application may write whole
    chunks to it, which costs far less than ASGI's `send`.
    """

    def on_message_begin(self) -> None:
        """Add the connection to the scope; called by the parser for each request."""
        super().on_message_begin()
        cast("Scope", self.scope)[CONNECTION_KEY] = self.transport


class Server(uvicorn.Server):
    """Notifies the application of a stop before it waits for open connections, so that endless
    responses can end."""

    def __init__(self, supervisor: Supervisor, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._supervisor = supervisor

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Notify the application, then shut down; called by uvicorn."""
        self._supervisor.begin_stop()
        await super().shutdown(sockets)


def run(service: str, settings: type[SettingsT], build: Callable[[SettingsT, Supervisor], ASGIApp]) -> None:
    """Run a service process: settings, logs, application, signals.

    Exits with 0 after SIGTERM or SIGINT, 1 when a supervised task failed or the start failed, 2
    with one sentence on standard error when a setting is wrong.
    """
    try:
        loaded = load(settings)
        telemetry.configure(service)
    except SettingsError as error:
        sys.stderr.write(f"mailtally {service}: {error}\n")
        sys.exit(2)
    _allow_many_connections()
    logs.configure(service, level=loaded.log_level, style=loaded.log_format)
    signalled = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Used until uvicorn has installed its own, and after its shutdown, when it raises the signal once more.
        signal.signal(number, lambda *_: signalled.set())
    code = uvloop.run(_serve(loaded, build, signalled))
    telemetry.shutdown()
    sys.exit(code)


def _allow_many_connections() -> None:
    """Raise the limit of open files: each connection is one, and many systems allow 1,024 by
    default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(
    settings: SettingsT, build: Callable[[SettingsT, Supervisor], ASGIApp], signalled: threading.Event
) -> int:
    supervisor = Supervisor()
    server = Server(
        supervisor,
        uvicorn.Config(
            build(settings, supervisor),
            host=settings.http_host,
            port=settings.http_port,
            http=Protocol,
            log_config=None,
            access_log=False,
            lifespan="on",
            proxy_headers=False,  # the application decides which proxies it trusts
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
    )

    async def stop_on_failure() -> None:
        # Runs when uvicorn's handlers are installed: an earlier signal was noted, and none is lost in between.
        if not signalled.is_set():
            await supervisor.failed.wait()
        server.should_exit = True

    watcher = asyncio.create_task(stop_on_failure())
    # Modules and models stay for good: to visit them in each full collection would block for some 60 ms.
    gc.freeze()
    await server.serve()
    watcher.cancel()
    return 1 if supervisor.failed.is_set() or not server.started else 0
