"""The whole benchmark: requests to both in turns, then event streams.

A ratio is the median of those of each round, whose parts were measured within seconds of each
other.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median

import uvloop

from bench.api.data import Data
from bench.api.live import Audience, latencies
from bench.api.servers import Server, run_api, run_bare
from bench.api.wrk import load
from bench.record import record
from bench.servers import bench_servers

_BODY = '{"scan_type": "inbox", "months": 3, "full": false}'
_FEW = 10
_LIVE_ROUNDS = 3
_REQUESTS = ("post_scan", "get_scan")


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=2000, help="event streams")
    uvloop.run(_measure(parser.parse_args(argv)))


async def _measure(given: argparse.Namespace) -> None:
    async with bench_servers("api") as bench, AsyncExitStack() as stack:
        data = Data(bench.database)
        await data.prepare()
        servers = {
            "bare": await stack.enter_async_context(run_bare(bench)),
            "ours": await stack.enter_async_context(run_api(bench)),
        }
        for server in servers.values():
            await _round(server, data, 1.0)
        rounds = [
            {name: await _round(server, data, given.seconds) for name, server in servers.items()}
            for _ in range(given.rounds)
        ]
        figures = {
            f"{name}_{what}_{unit}": median([getattr(round_[name][what], unit) for round_ in rounds])
            for name in servers
            for what in _REQUESTS
            for unit in ("per_second", "processor_us")
        }
        ratios = {
            what: median([round_["ours"][what].per_second / round_["bare"][what].per_second for round_ in rounds])
            for what in _REQUESTS
        }
        await asyncio.sleep(1)
        late = [
            {
                name: await latencies(bench, servers["ours"], audience)
                for name, audience in _audiences(given.clients).items()
            }
            for _ in range(_LIVE_ROUNDS)
        ]
        for name in late[0]:
            figures[f"sse_{name}_p50_ms"] = median([round_[name].p50 for round_ in late])
            figures[f"sse_{name}_p99_ms"] = median([round_[name].p99 for round_ in late])
        ratios["sse_p99"] = median([round_["many"].p99 / round_["few"].p99 for round_ in late])
        ratios["sse_p99_one_scan"] = median([round_["one_scan"].p99 / round_["few"].p99 for round_ in late])
        figures["peak_mb"] = servers["ours"].peak_megabytes()
    record("api", figures, ratios)


def _audiences(clients: int) -> dict[str, Audience]:
    """Return three audiences: ten clients of one scan; many clients, ten a scan, whose scans change
    as often as real ones; all clients of one scan."""
    users = clients // _FEW
    return {
        "few": Audience(users=1, clients_each=_FEW, changes=100, per_second=10),
        "many": Audience(users=users, clients_each=_FEW, changes=3 * users, per_second=users / 2),
        "one_scan": Audience(users=1, clients_each=clients, changes=50, per_second=4),
    }


@dataclass(frozen=True)
class Measured:
    """Responses of one kind in one round."""

    per_second: float
    processor_us: float
    """Of the server's own processor time, each."""


async def _round(server: Server, data: Data, seconds: float) -> dict[str, Measured]:
    first, count = data.fresh_accounts()
    loads = {
        "post_scan": partial(load, server, "POST", "/accounts/a{}/scans", first=first, count=count, body=_BODY),
        "get_scan": partial(load, server, "GET", "/scans/t{}", first=0, count=data.tasks),
    }
    measured = {}
    for what in _REQUESTS:
        used = server.processor_seconds()
        rate = await loads[what](seconds=seconds)
        used = server.processor_seconds() - used
        measured[what] = Measured(rate, used / (rate * seconds) * 1e6)
    return measured
