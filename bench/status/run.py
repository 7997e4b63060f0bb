"""The whole benchmark: throughput of all in turns, then latency, then the memory that a backlog
costs."""

import argparse
import asyncio
import gc
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uvloop

from bench.record import record
from bench.servers import Bench, bench_servers
from bench.status.celery import celery_events_per_second
from bench.status.consumers import drain, run_limit, run_status_service
from bench.status.latency import Latency, at_rate, one_by_one
from bench.status.load import EVENTS_PER_SCAN, whole_scans
from services.status.repository import TaskRepository

_LOADED_SECONDS = 6.0
_FLOOR_EVENTS = 200


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench status", description=__doc__)
    given_by_environment = os.environ.get("MAILTALLY_BENCH_CELERY")
    parser.add_argument(
        "--celery",
        type=Path,
        default=Path(given_by_environment) if given_by_environment else None,
        help="the program to compare with (or MAILTALLY_BENCH_CELERY); without it that ratio is left out",
    )
    parser.add_argument("--scans", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=100_000, help="events in the queue when memory is measured")
    gc.freeze()  # a full collection here would count as latency there
    uvloop.run(_measure(parser.parse_args(argv)))


async def _measure(given: argparse.Namespace) -> None:
    async with bench_servers("status") as bench:
        await TaskRepository(bench.database).create_indexes()
        figures, ratios = await _throughput(bench, given)
        if given.celery is None:
            print("not compared with Celery: no program given (--celery PATH)")
        floor, loaded = await _latencies(bench, figures["events_per_second"] / 3)
        for name, latency in {"floor": floor, **loaded}.items():
            figures |= {f"{name}_p50_ms": latency.p50, f"{name}_p99_ms": latency.p99}
        ratios["lag_p50"] = loaded["at_1000"].p50 / floor.p50
        ratios["lag_p99"] = loaded["at_1000"].p99 / floor.p99
        ratios["lag_p50_at_a_third"] = loaded["at_a_third"].p50 / floor.p50
        figures["backlog_peak_mb"] = await _backlog(bench, given.backlog)
    record("status", figures, ratios)


async def _throughput(bench: Bench, given: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    """Return the medians of rounds in which all are measured in turns."""
    rates: dict[str, list[float]] = {"celery": [], "limit": [], "ours": []}
    events = given.scans * EVENTS_PER_SCAN
    for number in range(given.rounds):
        for name, start in (("limit", run_limit), ("ours", run_status_service)):
            async with start(bench) as consumer:
                seconds = await drain(bench, consumer, whole_scans(f"{name}-{number}", given.scans), given.scans)
            rates[name].append(events / seconds)
            print(f"round {number + 1}: {name} {rates[name][-1]:.0f} events/s")
        if given.celery is not None:
            scans = max(100, given.scans // 10)
            rates["celery"].append(await asyncio.to_thread(celery_events_per_second, bench, given.celery, scans))
            print(f"round {number + 1}: celery {rates['celery'][-1]:.0f} events/s")
    medians = {name: median(measured) for name, measured in rates.items() if measured}
    own_rate = medians.pop("ours")
    figures = {"events_per_second": own_rate} | {f"{name}_events_per_second": rate for name, rate in medians.items()}
    return figures, {name: own_rate / rate for name, rate in medians.items()}


async def _latencies(bench: Bench, third: float) -> tuple[Latency, dict[str, Latency]]:
    """Measure latencies through the same change stream; the floor is the limit's, one event at a
    time.

    The limit under the same rates shows how much of the difference is the machine's, which also
    publishes and watches.
    """
    loaded = {}
    async with run_limit(bench):
        await one_by_one(bench, "warm", 20)
        floor = await one_by_one(bench, "floor", _FLOOR_EVENTS)
        loaded["limit_at_1000"] = await at_rate(bench, "limit-thousand", 1000, _LOADED_SECONDS)
        loaded["limit_at_a_third"] = await at_rate(bench, "limit-third", third, _LOADED_SECONDS)
    async with run_status_service(bench):
        await at_rate(bench, "warming", 500, 1.0)
        loaded["at_1000"] = await at_rate(bench, "thousand", 1000, _LOADED_SECONDS)
        loaded["at_a_third"] = await at_rate(bench, "third", third, _LOADED_SECONDS)
    return floor, loaded


async def _backlog(bench: Bench, events: int) -> float:
    """Return the service's peak memory (MB) while it works off a queue of so many events."""
    scans = events // EVENTS_PER_SCAN
    bodies = whole_scans("backlog", scans)
    async with run_status_service(bench) as consumer:
        await drain(bench, consumer, bodies, scans)
        return consumer.peak_megabytes()
