"""The whole benchmark: against the obvious program, with 1, 2 and 4 scanners, then very large
mailboxes."""

import argparse
import asyncio
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.record import record
from bench.scan.large import memory, planning
from bench.scan.mailboxes import Mailbox
from bench.scan.naive import naive
from bench.scan.product import Scan, product
from bench.scan.usage import keep_to_one_core_each
from bench.servers import Bench, bench_servers

_SCANNERS = (1, 2, 4)
_WARMING_SCANS = 3
"""Scanners run for months: their first seconds, in which every parser is new, are not what is
measured."""
_SCANS = 9
_ONE_PARSER_EACH = {"MAILTALLY_SCANNER_CONCURRENCY": "1"}

Rates = dict[str, list[float]]


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench scan", description=__doc__)
    parser.add_argument(
        "corpus",
        nargs="?",
        type=Path,
        default=_path("MAILTALLY_BENCH_CORPUS"),
        help="folder with mailbox-*.mbox (or MAILTALLY_BENCH_CORPUS); without it the project's own samples",
    )
    parser.add_argument(
        "--naive",
        type=Path,
        default=_path("MAILTALLY_BENCH_NAIVE"),
        help="the program to compare with (or MAILTALLY_BENCH_NAIVE); without it that ratio is left out",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20_000, help="of the mailbox that several scanners share")
    parser.add_argument("--large", type=int, default=0, metavar="MB", help="also scan a mailbox of this size")
    parser.add_argument("--plan", type=int, default=0, metavar="MESSAGES", help="also plan a mailbox of so many")
    asyncio.run(_measure(parser.parse_args(argv)))


def _path(variable: str) -> Path | None:
    given = os.environ.get(variable)
    return Path(given) if given else None


async def _measure(given: argparse.Namespace) -> None:
    rates: Rates = defaultdict(list)
    figures: dict[str, float] = {}
    async with bench_servers("scan") as bench:
        mailbox = Mailbox.of(given.corpus, bench.layout.local / "samples")
        for _ in range(given.rounds):
            if given.naive is not None:
                obvious = await asyncio.to_thread(naive, bench, given.naive, mailbox.parts)
                _add(rates, "naive_messages_per_second", obvious.messages_per_second)
                rates["naive_processor_ms"].append(obvious.processor_ms)
            await _as_deployed(bench, mailbox, given.messages, rates)
            await _side_by_side(bench, mailbox, given.messages, rates)
        if given.large or given.plan:
            async with product(bench, scanners=1) as running:
                if given.large:
                    figures |= await memory(running, mailbox, bench.layout.local, given.large)
                if given.plan:
                    figures |= await planning(bench, running, given.plan)
    medians = {name: median(measured) for name, measured in rates.items()}
    ratios = {"two_over_one": medians["scanners_2_messages_per_second"] / medians["scanners_1_messages_per_second"]}
    if given.naive is None:
        print("not compared with the obvious program: none given (--naive PATH)")
    else:
        ratios["naive"] = medians["messages_per_second"] / medians["naive_messages_per_second"]
        ratios["naive_long"] = medians["long_messages_per_second"] / medians["naive_messages_per_second"]
    record("scan", {**medians, **figures}, ratios)


async def _as_deployed(bench: Bench, mailbox: Mailbox, messages: int, rates: Rates) -> None:
    """Measure one scanner with as many parser processes as there are cores: the mailbox once,
    which takes a second, by several users; then a long one, in which beginning and end no longer
    count."""
    once, long = bench.layout.local / "once.mbox", bench.layout.local / "long.mbox"
    mailbox.write_repeated(mailbox.messages, once)
    mailbox.write_repeated(messages, long)
    async with product(bench, scanners=1) as running:
        upload = await running.upload(once)
        for _ in range(_WARMING_SCANS):
            await running.scan(upload)
        scans = sorted([await running.scan(upload) for _ in range(_SCANS)], key=lambda scan: scan.seconds)
        scan, whole = scans[_SCANS // 2], await running.scan(await running.upload(long))
    _add(rates, "messages_per_second", scan.messages_per_second)
    _add(rates, "long_messages_per_second", whole.messages_per_second)
    for name in scan.used:
        used = median(scan.used[name] for scan in scans)
        rates[f"{name}_processor_ms"].append(used * 1000 / mailbox.messages)
    _print_scan("one mailbox", scan)
    _print_scan("a long one", whole)


async def _side_by_side(bench: Bench, mailbox: Mailbox, messages: int, rates: Rates) -> None:
    """Measure scanners of one core each, which share the slices of a long mailbox; the servers run
    on the other cores."""
    path = bench.layout.local / "long.mbox"
    mailbox.write_repeated(messages, path)
    upload = None
    for scanners in _SCANNERS:
        async with product(bench, scanners=scanners, settings=_ONE_PARSER_EACH) as running:
            keep_to_one_core_each(running.scanners)
            upload = upload or await running.upload(path)
            scan = await running.scan(upload)
        _add(rates, f"scanners_{scanners}_messages_per_second", scan.messages_per_second)
        for name, seconds in scan.used.items():
            rates[f"scanners_{scanners}_{name}_cores"].append(seconds / scan.seconds)
        _print_scan(f"{scanners} scanners", scan)


def _add(rates: Rates, name: str, rate: float) -> None:
    rates[name].append(rate)
    print(f"{name} {rate:.1f}", flush=True)


def _print_scan(name: str, scan: Scan) -> None:
    cores = ", ".join(f"{kind} {seconds / scan.seconds:.2f}" for kind, seconds in scan.used.items())
    print(f"{name}: {scan.seconds:.2f} s, processors busy: {cores}", flush=True)
