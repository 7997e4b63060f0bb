"""The stack of a chaos test: each service reaches each server through its own TCP proxy."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.client.stack_connection import StackConnection
from cli.errors import CliError
from shared.access import SERVICES
from tools.drill.tcp_proxy import Address, TcpProxy
from tools.stack.control import start_detached
from tools.stack.layout import Layout
from tools.stack.options import Options
from tools.stack.ports import known_ports
from tools.stack.processes import Process, find_marked, find_process
from tools.stack.shutdown import shut_down
from tools.stack.stackfile import Stack, read_stack

REPLICAS = {"api": 1, "scanner": 2, "status": 2}
_SETTINGS = {
    "MAILTALLY_SLICE_MESSAGES": "10",
    "MAILTALLY_SLICE_LEASE_S": "2",
    "MAILTALLY_SCANNER_CONCURRENCY": "2",
    "MAILTALLY_REDRIVE_AFTER_S": "15",
    "MAILTALLY_CANCEL_GRACE_S": "20",
}
"""Small slices and short time-outs, so that a minute shows what takes a real system hours."""
_SERVERS = {"rabbitmq": ("amqp", "amqp"), "mongod": ("mongo", "mongod")}
"""Server -> its name in `port_overrides`, and the name of its remembered port."""
_RESTART_SECONDS = 30.0


@dataclass(frozen=True)
class Environment:
    """The running stack, and the proxies by "service>server"."""

    layout: Layout
    connection: StackConnection
    proxies: Mapping[str, TcpProxy]

    @property
    def stack(self) -> Stack:
        """Return the current stack.json."""
        stack = read_stack(self.layout.stack_file)
        if stack is None:
            raise CliError("The stack of the chaos test went down.")
        return stack

    @property
    def replica_urls(self) -> dict[str, str]:
        """Return the address of each replica's health endpoints."""
        urls = {}
        for service, metrics in self.stack.metrics.items():
            for number, url in enumerate([metrics] if isinstance(metrics, str) else metrics, start=1):
                urls[f"{service}-{number}"] = url.removesuffix("/metrics")
        return urls

    def process(self, name: str) -> Process:
        """Return the process of a replica or server; waits while it is being restarted. Raises
        `TimeoutError`."""
        service, _, number = name.partition("-")
        deadline = time.monotonic() + _RESTART_SECONDS
        while time.monotonic() < deadline:
            pids = self.stack.processes[service]
            if len(pids) == REPLICAS.get(service, 1):
                process = find_process(pids[int(number or 1) - 1])
                if process is not None:
                    return process
            time.sleep(0.05)
        raise TimeoutError(f"{name} was not restarted within {_RESTART_SECONDS:.0f} s")


@contextmanager
def open_environment(folder: Path, report: Callable[[str], None]) -> Iterator[Environment]:
    """Start a new stack below `folder`, beside any other; nothing of it is left afterwards."""
    layout = Layout(folder)
    shut_down(layout, purge=True)
    layout.create()
    proxies = {(service, server): TcpProxy(_upstream(layout, server)) for service in SERVICES for server in _SERVERS}
    port_overrides: dict[str, dict[str, int]] = {service: {} for service in SERVICES}
    with ExitStack() as serving:
        for (service, server), proxy in proxies.items():
            port_overrides[service][_SERVERS[server][0]] = serving.enter_context(proxy.serve())
        options = Options(REPLICAS["scanner"], REPLICAS["status"], port=0, port_overrides=port_overrides)
        try:
            url = start_detached(layout, options, report, _environment())
            yield Environment(
                layout,
                StackConnection.of(url, layout, {}),
                {f"{service}>{server}": proxy for (service, server), proxy in proxies.items()},
            )
        finally:
            _end(layout)


def _upstream(layout: Layout, server: str) -> Callable[[], Address]:
    """Return a function for the server's address, which is known once its launcher has chosen a
    port."""

    def address() -> Address:
        ports = known_ports(layout.ports_file(server))
        if not ports:
            raise ConnectionRefusedError
        return "127.0.0.1", ports[_SERVERS[server][1]]

    return address


def _environment() -> dict[str, str]:
    """Return the environment without the person's own settings, which may name servers that must
    not be touched."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAILTALLY_")} | _SETTINGS


def _end(layout: Layout) -> None:
    """Stop everything; a second Ctrl-C must not interrupt that halfway."""
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for process in find_marked(layout.marker):
            process.signal(signal.SIGCONT)
        shut_down(layout, purge=True)
        shutil.rmtree(layout.local, ignore_errors=True)
    finally:
        signal.signal(signal.SIGINT, ignored)
