"""The process that starts a stack, keeps it up, and stops it."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.stack.layout import Layout
from tools.stack.options import External, Options
from tools.stack.secrets import Secrets
from tools.stack.servers import Servers
from tools.stack.services import Services
from tools.stack.shutdown import DISCARD, end_leftovers
from tools.stack.stackfile import Stack, write_stack

Report = Callable[[str], None]

_SERVERS_SECONDS = 20.0


class AlreadyRunningError(Exception):
    """Another launcher holds the lock of this stack."""


@contextmanager
def launcher_lock(layout: Layout) -> Iterator[None]:
    """Hold the lock of the stack while the context lasts; the kernel releases it however the
    process ends. Raises `AlreadyRunningError`."""
    with layout.lock_file.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


class Launcher:
    """Starts the servers, then the services; stops them in reverse order."""

    def __init__(self, layout: Layout, options: Options, report: Report) -> None:
        self._layout = layout
        self._options = options
        self._report = report
        self._up = False
        secrets = Secrets(layout.secrets)
        self._servers = Servers(layout, secrets, External.from_environment(), report, self._write)
        self._services = Services(layout, secrets, options, self._write)

    async def run(self, on_ready: Callable[[str], None]) -> None:
        """Start everything, call `on_ready` with the API's address, and stop everything at SIGINT
        or SIGTERM.

            Raises `StackError` when something does not start; nothing is left running then.
        """
        loop, stop, discard = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, DISCARD):
            loop.add_signal_handler(number, _on_signal, number, stop, discard)
        stopped = asyncio.create_task(stop.wait())
        start = asyncio.create_task(self._start())
        try:
            await asyncio.wait({start, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                on_ready(await start)
                await stopped
        finally:
            self._report("stopping")
            stopped.cancel()
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            await self._services.stop()
            await self._servers.stop(0.0 if discard.is_set() else _SERVERS_SECONDS)
            self._layout.stack_file.unlink(missing_ok=True)

    async def _start(self) -> str:
        await asyncio.to_thread(end_leftovers, self._layout)
        self._report("starting RabbitMQ and MongoDB")
        await self._servers.start()
        self._report("starting the services")
        users = {
            service: urls.with_ports(self._options.port_overrides.get(service, {}))
            for service, urls in self._servers.users.items()
        }
        await self._services.start(users, self._servers.external.database)
        self._up = True
        self._write()
        return self._services.of("api")[0].url

    def _write(self) -> None:
        """Write stack.json, the first time when everything is ready."""
        if not self._up:
            return
        services = self._services
        names = self._options.replicas
        pids = {name: [r.child.pid for r in services.of(name) if r.child.pid] for name in names}
        write_stack(
            self._layout.stack_file,
            Stack(
                api_url=services.of("api")[0].url,
                amqp_url=self._servers.amqp_url,
                mongo_url=self._servers.mongo_url,
                rabbitmq_management_url=self._servers.management_url,
                users=self._servers.users,
                processes={**self._servers.pids, **pids},
                metrics={
                    "api": f"{services.of('api')[0].url}/metrics",
                    "webhooks": f"{services.of('webhooks')[0].url}/metrics",
                    "scanner": [f"{replica.url}/metrics" for replica in services.of("scanner")],
                    "status": [f"{replica.url}/metrics" for replica in services.of("status")],
                },
            ),
        )


def _on_signal(number: int, stop: asyncio.Event, discard: asyncio.Event) -> None:
    if number == DISCARD:
        discard.set()
    stop.set()


def launch(layout: Layout, options: Options, report: Report, on_ready: Callable[[str], None]) -> None:
    """Run a stack until a signal ends it. Raises `AlreadyRunningError` or `StackError`."""
    layout.create()
    with launcher_lock(layout):
        asyncio.run(Launcher(layout, options, report).run(on_ready))
