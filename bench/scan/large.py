"""Cost of very large mailboxes: the memory of a scanner, and the document that a plan of a million
messages makes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import bson

from bench.scan.mailboxes import Mailbox
from bench.scan.product import Product
from bench.scan.usage import resident_megabytes, with_children
from bench.servers import Bench

_LOOK_SECONDS = 0.05
_SMALL = b"From a@b.example Mon Mar  2 10:00:00 2026\nFrom: a@b.example\nSubject: hello\n\nNothing to read.\n\n"
MEGABYTE = 1_000_000


class Peak:
    """The most memory seen so far, in megabytes."""

    def __init__(self) -> None:
        self.scanner = 0.0
        self.with_parsers = 0.0


@asynccontextmanager
async def watched(scanners: Sequence[int]) -> AsyncIterator[Peak]:
    """Watch the memory of scanners, without and with their parser processes, until the context
    ends."""
    peak = Peak()

    async def watch() -> None:
        while True:
            peak.scanner = max(peak.scanner, resident_megabytes(scanners))
            peak.with_parsers = max(peak.with_parsers, resident_megabytes(with_children(scanners)))
            await asyncio.sleep(_LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def memory(product: Product, mailbox: Mailbox, folder: Path, megabytes: int) -> dict[str, float]:
    """Scan the mailbox repeated up to this size."""
    path = folder / "large.mbox"
    mailbox.write_repeated(megabytes * MEGABYTE * mailbox.messages // len(mailbox.content), path)
    upload = await product.upload(path)
    path.unlink()
    async with watched(product.scanners) as peak:
        scan = await product.scan(upload)
    return {
        "large_mb": upload["bytes"] / MEGABYTE,
        "large_messages_per_second": scan.messages_per_second,
        "large_peak_mb": peak.scanner,
        "large_peak_with_parsers_mb": peak.with_parsers,
    }


async def planning(bench: Bench, product: Product, messages: int) -> dict[str, float]:
    """Plan a mailbox of so many tiny messages, and cancel the scan when it is planned."""
    path = bench.layout.local / "planned.mbox"
    with path.open("wb") as file:
        file.writelines(_tiny(messages))
    upload = await product.upload(path)
    path.unlink()
    async with watched(product.scanners) as peak:
        run, seconds = await product.plan(upload)
    return {
        "planned_messages": int(run["messages"]),
        "planned_per_second": run["messages"] / seconds,
        "planned_run_document_mb": len(bson.encode(run)) / MEGABYTE,
        "planned_peak_mb": peak.scanner,
    }


def _tiny(messages: int) -> Iterator[bytes]:
    block = 1000
    for first in range(0, messages, block):
        yield _SMALL * min(block, messages - first)
