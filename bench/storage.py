"""Command `./run bench storage [FOLDER] [--scans N]`: the stored bytes and the processor time of a
scan, by its size.

With servers of its own and the whole product, N users scan a small mailbox, then N others a larger
one, all at the same time. The output has the bytes of each kind of document as MongoDB stores them
(compressed, after a checkpoint) with its indexes, those of an event in the stream, and the
processor time of a scan; from two sizes follows the cost of a scan and of each message.
docs/scaling.md calculates with these figures.
"""

import argparse
import asyncio
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.record import record
from bench.scan.mailboxes import Mailbox
from bench.scan.product import Product, product
from bench.servers import Bench, bench_servers
from shared.messaging.topology import EVENTS_LOG
from shared.mongo import Collection

_SMALL, _LARGE = 30, 300
_COPIES, _AT_ONCE = 20_000, 1_000
_FEW = ("scanning_tasks", "scan_requests", "scan_runs")
_IDS = ("_id", "user_id", "account_id", "open")
_COLLECTIONS = (
    "scanning_tasks",
    "scan_requests",
    "scan_runs",
    "message_ledger",
    "invoices",
    "documents.files",
    "documents.chunks",
)


@dataclass(frozen=True)
class Costs:
    """Costs of some scans of one size: processor seconds by process, events in the stream, and
    seconds from first to last."""

    scans: int
    used: dict[str, float]
    events: int
    seconds: float


def main(arguments: list[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench storage", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="mailbox-*.mbox; without it the project's samples")
    parser.add_argument("--scans", type=int, default=40, help="scans of each size")
    asyncio.run(_run(parser.parse_args(arguments)))


async def _run(wanted: argparse.Namespace) -> None:
    async with bench_servers("storage") as bench, product(bench, scanners=1) as running:
        with tempfile.TemporaryDirectory(dir=bench.layout.local) as scratch:
            mailbox = Mailbox.of(wanted.folder, Path(scratch) / "samples")
            small = await _scan(bench, running, mailbox, _SMALL, wanted.scans, Path(scratch))
            large = await _scan(bench, running, mailbox, _LARGE, wanted.scans, Path(scratch))
        figures = await _stored(bench)
        log = bench.layout.data / "rabbitmq"
        octets = sum(segment.stat().st_size for segment in log.rglob("*.segment"))
        figures["stream_bytes_per_event"] = octets / (small.events + large.events)
        figures |= await _connections(bench)
    for process in small.used:
        few, many = small.used[process] / small.scans, large.used[process] / large.scans
        message = (many - few) / (_LARGE - _SMALL)
        figures[f"{process}_ms_per_message"] = 1000 * message
        figures[f"{process}_ms_per_scan"] = 1000 * (few - _SMALL * message)
    figures["events_per_small_scan"] = small.events / small.scans
    figures["events_per_large_scan"] = large.events / large.scans
    figures["small_scans_per_second"] = small.scans / small.seconds
    record("storage", figures, {})


async def _scan(bench: Bench, running: Product, mailbox: Mailbox, messages: int, scans: int, folder: Path) -> Costs:
    path = folder / f"{messages}.mbox"
    mailbox.write_repeated(messages, path)
    upload = await running.upload(path)
    accounts = [await running.fresh_account(upload) for _ in range(scans)]
    events, before = await _events(bench), running.used()
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(running.scan_account(*account) for account in accounts))
    seconds = asyncio.get_running_loop().time() - began
    used = {process: seconds - before[process] for process, seconds in running.used().items()}
    return Costs(scans, used, await _events(bench) - events, seconds)


async def _events(bench: Bench) -> int:
    """Return the number of events in the stream, once the broker's statistics, which lag five
    seconds, have caught up."""
    async with httpx.AsyncClient(base_url=bench.servers.management_url) as management:
        await asyncio.sleep(6)
        queue = await management.get(f"/api/queues/mailtally/{EVENTS_LOG}")
        return int(queue.raise_for_status().json()["messages"])


async def _stored(bench: Bench) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in _FEW:
        await _multiply(bench.database[name])
    await bench.database.client.admin.command("fsync")
    for name in _COLLECTIONS:
        output = await bench.database.command("collStats", name)
        if output["count"]:
            figures[f"{name}_count"] = output["count"]
            figures[f"{name}_bytes"] = output["size"] / output["count"]
            figures[f"{name}_stored_bytes"] = output["storageSize"] / output["count"]
            figures[f"{name}_index_bytes"] = output["totalIndexSize"] / output["count"]
    return figures


async def _multiply(collection: Collection) -> None:
    """Copy documents under other ids: for a handful, the fixed size of an index would count as
    theirs."""
    originals = await collection.find().to_list(None)
    copies = [
        {name: secrets.token_hex(16) if name in _IDS else value for name, value in original.items()}
        for _ in range(_COPIES // len(originals))
        for original in originals
    ]
    for first in range(0, len(copies), _AT_ONCE):
        await collection.insert_many(copies[first : first + _AT_ONCE])


async def _connections(bench: Bench) -> dict[str, float]:
    """Return the connections of one api, one scanner and one status process; the benchmark's own
    few are included."""
    status = await bench.database.client.admin.command("serverStatus")
    async with httpx.AsyncClient(base_url=bench.servers.management_url) as management:
        amqp = (await management.get("/api/connections")).raise_for_status().json()
    return {"mongodb_connections": status["connections"]["current"], "amqp_connections": len(amqp)}
