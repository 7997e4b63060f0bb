"""Processes that are measured, and how fast each empties the queue."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiormq
import httpx

from bench.servers import DATABASE, Bench
from bench.status import limit
from bench.status.load import preload
from services.status.repository import COLLECTION
from tools.stack.environment import service_environment
from tools.stack.layout import PROJECT
from tools.stack.ports import free_ports
from tools.stack.stackfile import ServiceUrls

_SECONDS = 300.0
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Consumer:
    """A running process that consumes the events of scans."""

    process: asyncio.subprocess.Process

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: stop, continue or end."""
        self.process.send_signal(number)

    def peak_megabytes(self) -> float:
        """Return the largest resident memory so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


@asynccontextmanager
async def run_status_service(bench: Bench) -> AsyncIterator[Consumer]:
    """Start the status service as it is deployed, with its own users; returns it when it is
    ready."""
    (port,) = free_ports(1)
    environment = service_environment(
        "status",
        urls=_with_long_heartbeat(bench.servers.users["status"]),
        database=DATABASE,
        port=port,
        secrets=bench.servers.secrets,
        inherited=bench.layout.environment(),
    )
    async with _process(bench, "status", ["services.status"], environment) as process:
        async with httpx.AsyncClient() as client:
            await _until(lambda: _is_ready(client, f"http://127.0.0.1:{port}/readyz"))
        yield Consumer(process)


@asynccontextmanager
async def run_limit(bench: Bench) -> AsyncIterator[Consumer]:
    """Start `bench.status.limit`, with the same users."""
    urls = _with_long_heartbeat(bench.servers.users["status"])
    arguments = [limit.__name__, urls.amqp_url, urls.mongo_url, DATABASE]

    async def consumes() -> bool:
        return limit.READY in (bench.layout.logs / "limit.log").read_text(encoding="utf-8")

    async with _process(bench, "limit", arguments, bench.layout.environment()) as process:
        await _until(consumes)
        yield Consumer(process)


async def drain(bench: Bench, consumer: Consumer, bodies: Sequence[bytes], scans: int) -> float:
    """Return the seconds from `bodies` in the queue until every scan is stored as DONE.

    The process is ready and warm, and is stopped (SIGSTOP) while the queue is filled.
    """
    consumer.signal(signal.SIGSTOP)
    try:
        async with open_channel(bench.servers.amqp_url) as channel:
            await preload(channel, bodies)
    finally:
        began = time.perf_counter()
        consumer.signal(signal.SIGCONT)
    tasks = bench.database[COLLECTION]

    async def all_done() -> bool:
        return await tasks.count_documents({"status": "DONE"}) == scans

    await _until(all_done)
    elapsed = time.perf_counter() - began
    await tasks.delete_many({})
    return elapsed


@asynccontextmanager
async def open_channel(url: str, *, publisher_confirms: bool = True) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    """Open a channel on a connection of its own."""
    connection = await aiormq.connect(url)
    try:
        yield await connection.channel(publisher_confirms=publisher_confirms)
    finally:
        await connection.close()


@asynccontextmanager
async def _process(
    bench: Bench, name: str, arguments: Sequence[str], environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    with (bench.layout.logs / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *arguments, cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


def _with_long_heartbeat(urls: ServiceUrls) -> ServiceUrls:
    """Return the URL with a heartbeat that outlasts the time for which a process is stopped."""
    return replace(urls, amqp_url=f"{urls.amqp_url}?heartbeat=60")


async def _until(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not await check():  # noqa: ASYNC110 (what is asked is in another process)
            await asyncio.sleep(_PAUSE_SECONDS)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
