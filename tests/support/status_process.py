"""The status service as processes of their own, for tests that kill them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx

from tests.support import hurried
from tests.support.logs import output_of
from tests.support.servers import session_secrets
from tests.support.status_service import ready
from tests.support.waiting import SECONDS, eventually, patience
from tools.stack.environment import service_environment
from tools.stack.layout import PROJECT
from tools.stack.ports import free_ports
from tools.stack.stackfile import ServiceUrls


@dataclass(frozen=True)
class Replica:
    """A running process of the service, and a client of its HTTP side."""

    http: httpx.AsyncClient
    _process: asyncio.subprocess.Process
    _output: IO[bytes]

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

    def times_logged(self, words: str) -> int:
        """How often its log says so."""
        # The process goes on writing where the file stands, so that it must stay there.
        said = os.pread(self._output.fileno(), os.fstat(self._output.fileno()).st_size, 0)
        return said.count(words.encode())

    async def is_up(self) -> bool:
        """Whether it is ready. Raises `AssertionError` once it has ended."""
        assert self._process.returncode is None, "it ended before it was ready"
        try:
            return await ready(self.http)
        except httpx.TransportError:
            return False


@asynccontextmanager
async def replica(
    vhost: Any, database: Any, *, constants: Mapping[str, float] | None = None, **settings: Any
) -> AsyncIterator[Replica]:
    """One process, with the service's own users, once it is ready; killed in the end if it still runs.

    `constants` are those of the product that the test shortens, as `tests.support.hurried` takes them.
    """
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
    command: tuple[str, ...] = (sys.executable, "-m", "services.status")
    if constants is not None:
        command = hurried.command("services.status.main")
        environment |= hurried.environment(constants)
    with output_of(f"status service on port {port}") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as http:
                running = Replica(http, process, output)
                await eventually(running.is_up)
                yield running
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
