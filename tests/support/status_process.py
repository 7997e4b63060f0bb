"""The status service as processes of their own, for tests that kill them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from cli.stack.environment import service_environment
from cli.stack.layout import PROJECT
from cli.stack.ports import free_ports
from cli.stack.stackfile import ServiceUrls
from tests.support.logs import output_of
from tests.support.servers import session_secrets
from tests.support.status_service import ready
from tests.support.waiting import SECONDS, eventually, patience


@dataclass(frozen=True)
class Replica:
    """A running process of the service, and a client of its HTTP side."""

    http: httpx.AsyncClient
    _process: asyncio.subprocess.Process

    def signal(self, number: signal.Signals) -> None:
        """End, stop or continue it."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its exit code."""
        async with patience():
            return await self._process.wait()

    async def checks(self) -> dict[str, bool]:
        """What readiness says of each thing that it depends on."""
        checks: dict[str, bool] = (await self.http.get("/readyz")).json()["checks"]
        return checks


@asynccontextmanager
async def replica(vhost: Any, database: Any, **settings: Any) -> AsyncIterator[Replica]:
    """One process, with the service's own users, once it is ready; killed in the end if it still runs."""
    (port,) = free_ports(1)
    environment = service_environment(
        "status",
        urls=ServiceUrls(vhost.url("status"), database.url("status")),
        database=database.name,
        port=port,
        secrets=session_secrets(),
        inherited=os.environ,
    )
    environment |= {f"MAILTALLY_{name.upper()}": str(value) for name, value in settings.items()}
    command = (sys.executable, "-m", "services.status")
    with output_of(f"status service on port {port}") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as http:
                await eventually(lambda: _is_up(http))
                yield Replica(http, process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _is_up(http: httpx.AsyncClient) -> bool:
    try:
        return await ready(http)
    except httpx.TransportError:
        return False
