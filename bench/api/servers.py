"""Processes that are measured: the api as it is deployed, and the yardstick."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from bench.servers import DATABASE, Bench
from services.api.identity.tokens import TokenSigner
from tools.stack.environment import service_environment
from tools.stack.layout import PROJECT
from tools.stack.ports import free_ports

_READY_SECONDS = 60.0
USER = "bench"


@dataclass(frozen=True)
class Server:
    """A process that answers HTTP."""

    url: str
    tokens: TokenSigner | None
    process: asyncio.subprocess.Process

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the user whose mailboxes are scanned."""
        return self.headers_of(USER)

    def headers_of(self, user: str) -> dict[str, str]:
        """Return the headers of a user."""
        if self.tokens is None:
            return {}
        return {"Authorization": f"Bearer {self.tokens.issue(user_id=user, name=user, admin=False)}"}

    def processor_seconds(self) -> float:
        """Return the processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self) -> float:
        """Return the largest resident memory so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


@asynccontextmanager
async def run_api(bench: Bench) -> AsyncIterator[Server]:
    """Start the api, with its own database and broker users; returns it when it is ready."""
    (port,) = free_ports(1)
    environment = service_environment(
        "api",
        urls=bench.servers.users["api"],
        database=DATABASE,
        port=port,
        secrets=bench.servers.secrets,
        inherited={**bench.layout.environment(), "MAILTALLY_RATE_LIMIT_PER_MINUTE": "0"},
    )
    tokens = TokenSigner(SecretStr(bench.servers.secrets["jwt-secret"]))
    async with _process(bench, "api", ["services.api"], environment, f"http://127.0.0.1:{port}", "/readyz") as process:
        yield Server(f"http://127.0.0.1:{port}/v1", tokens, process)


@asynccontextmanager
async def run_bare(bench: Bench) -> AsyncIterator[Server]:
    """Start `bench.api.bare`."""
    (port,) = free_ports(1)
    arguments = ["bench.api.bare", str(port), bench.servers.amqp_url, bench.servers.mongo_url, DATABASE]
    url = f"http://127.0.0.1:{port}"
    async with _process(bench, "bare", arguments, bench.layout.environment(), url, "/ready") as process:
        yield Server(url, None, process)


@asynccontextmanager
async def _process(
    bench: Bench, name: str, arguments: Sequence[str], environment: dict[str, str], url: str, ready: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    with (bench.layout.logs / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *arguments, cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
    try:
        async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(_READY_SECONDS):
            while not await _answers(client, ready):  # noqa: ASYNC110 (what is asked is in another process)
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(client: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await client.get(path)).is_success
    except httpx.TransportError:
        return False
