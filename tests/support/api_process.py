"""The api as a process of its own, that can be stopped, killed and weighed."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.keys import PUBLIC_KEY
from tests.support.logs import output_of
from tests.support.running_api import ALL_CHECKS, SECRET, bearer, until_ready
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS
from tools.stack.ports import free_ports


@dataclass(frozen=True)
class ApiProcess:
    """A running api."""

    url: str
    process: Process

    def client(self, user_id: str) -> httpx.AsyncClient:
        """A client that sends a user's token; whoever asks for it closes it."""
        return httpx.AsyncClient(base_url=self.url, headers=bearer(user_id), timeout=SECONDS)

    def peak_megabytes(self) -> float:
        """The most memory that it has ever had resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


@asynccontextmanager
async def api_process(
    vhost: Vhost, database: TestDatabase, *, checks: Collection[str] = ALL_CHECKS, **settings: str
) -> AsyncIterator[ApiProcess]:
    """Started, and ready as far as these checks go; killed at the end if it still runs.

    `settings` are variables without their prefix, in lower case.
    """
    (port,) = free_ports(1)
    named = {
        "amqp_url": vhost.url("api"),
        "mongo_url": database.url("api"),
        "mongo_database": database.name,
        "jwt_secret": SECRET,
        "seal_public_key": PUBLIC_KEY,
        "http_port": str(port),
        **settings,
    }
    environment = {**os.environ, **{f"MAILTALLY_{name.upper()}": value for name, value in named.items()}}
    with output_of(f"api on port {port}") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.api", env=environment, stdout=output, stderr=output
        )
        try:
            await until_ready(f"http://127.0.0.1:{port}", checks=checks)
            yield ApiProcess(f"http://127.0.0.1:{port}", process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
