"""The service processes of a stack: started together, awaited until ready, restarted when they
die."""

import asyncio
import sys
from dataclasses import dataclass

import httpx

from tools.stack.environment import service_environment
from tools.stack.errors import StackError
from tools.stack.files import tail
from tools.stack.layout import Layout
from tools.stack.options import Options
from tools.stack.ports import free_ports, is_free
from tools.stack.process_supervisor import Command, OnRestart, SupervisedProcess
from tools.stack.secrets import Secrets
from tools.stack.stackfile import ServiceUrls

_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0
_START_DEATHS = 3
_MODULES = {"webhooks": "api.webhooks"}
"""Processes that belong to another service: they have its permissions, and their own module."""
_WRONG_SETTINGS = 2
"""Exit code of a service with an invalid setting: a restart changes nothing."""


@dataclass(frozen=True)
class Replica:
    """One process of a service and its address."""

    service: str
    port: int
    child: SupervisedProcess

    @property
    def url(self) -> str:
        """Return the address of health, metrics and, for the api, REST."""
        return f"http://127.0.0.1:{self.port}"

    def check(self) -> None:
        """Raise `StackError`, with the end of the log, when it keeps dying."""
        child = self.child
        if child.deaths >= _START_DEATHS or (child.deaths and child.last_code == _WRONG_SETTINGS):
            log = child.command.log
            raise StackError(f"{child.command.name} does not start (exit code {child.last_code}):\n{tail(log)}")


class Services:
    """All replicas of all services."""

    def __init__(self, layout: Layout, secrets: Secrets, options: Options, on_restart: OnRestart) -> None:
        self._layout = layout
        self._secrets = secrets
        self._options = options
        self._on_restart = on_restart
        self.replicas: list[Replica] = []

    async def start(self, users: dict[str, ServiceUrls], database: str) -> None:
        """Start every replica and return when all are ready. Raises `StackError` when one is
        not."""
        names = [(service, n) for service, count in self._options.replicas.items() for n in range(1, count + 1)]
        for (service, number), port in zip(names, self._ports(len(names)), strict=True):
            environment = service_environment(
                service,
                urls=users["api" if service in _MODULES else service],
                database=database,
                port=port,
                secrets=self._secrets,
                inherited=self._layout.environment(),
            )
            name = f"{service}-{number}"
            arguments = [sys.executable, "-m", f"{self._options.services}.{_MODULES.get(service, service)}"]
            command = Command(name, arguments, environment, self._layout.logs / f"{name}.log")
            self.replicas.append(Replica(service, port, SupervisedProcess(command, self._on_restart)))
        await asyncio.gather(*(replica.child.start() for replica in self.replicas))
        async with httpx.AsyncClient(timeout=5.0) as client:
            await asyncio.gather(*(_until_ready(replica, client) for replica in self.replicas))

    async def stop(self) -> None:
        """Stop all at the same time; each may finish its current work."""
        await asyncio.gather(*(replica.child.stop(_STOP_SECONDS) for replica in self.replicas))

    def of(self, service: str) -> list[Replica]:
        """Return the replicas of one service in the order of their numbers."""
        return [replica for replica in self.replicas if replica.service == service]

    def _ports(self, count: int) -> list[int]:
        """Return free ports, first that of the API as requested."""
        wanted = self._options.port
        if wanted == 0:
            return free_ports(count)
        if not is_free(wanted):
            raise StackError(f"Port {wanted} is in use: choose another with --port, or --port 0 for any free one.")
        return [wanted, *free_ports(count - 1)]


async def _until_ready(replica: Replica, client: httpx.AsyncClient) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not await _is_ready(replica, client):
                replica.check()
                await asyncio.sleep(0.05)
    except TimeoutError:
        log = replica.child.command.log
        name = replica.child.command.name
        raise StackError(f"{name} was not ready within {_READY_SECONDS:.0f} s:\n{tail(log)}") from None


async def _is_ready(replica: Replica, client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get(f"{replica.url}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
