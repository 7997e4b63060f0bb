"""The whole benchmark: requests side by side, in turns, then event streams."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

import uvloop

from bench.api.data import Data
from bench.api.live import Audience, latencies
from bench.api.servers import Server, bare, ours
from bench.api.wrk import load
from bench.record import record
from bench.servers import bench_servers

_BODY = '{"scan_type": "inbox", "months": 3, "full": false}'
_FEW = 10


def main(argv: Sequence[str]) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="./run bench api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=2000, help="event streams")
    uvloop.run(_measure(parser.parse_args(argv)))


async def _measure(given: argparse.Namespace) -> None:
    async with bench_servers("api") as bench, AsyncExitStack() as stack:
        data = Data(bench.database)
        await data.prepare()
        servers = {
            "bare": await stack.enter_async_context(bare(bench)),
            "ours": await stack.enter_async_context(ours(bench)),
        }
        for server in servers.values():
            await _round(server, data, 1.0)
        rates: dict[str, list[float]] = {}
        for number in range(given.rounds):
            for name, server in servers.items():
                for what, rate in (await _round(server, data, given.seconds)).items():
                    rates.setdefault(f"{name}_{what}_per_second", []).append(rate)
                    print(f"round {number + 1}: {name} {what} {rate:.0f}/s")
        figures = {name: median(measured) for name, measured in rates.items()}
        ratios = {
            what: figures[f"ours_{what}_per_second"] / figures[f"bare_{what}_per_second"]
            for what in ("post_scan", "get_scan")
        }
        await asyncio.sleep(1)
        late = {name: await latencies(bench, servers["ours"], audience) for name, audience in _audiences(given.clients)}
        for name, latency in late.items():
            figures |= {f"sse_{name}_p50_ms": latency.p50, f"sse_{name}_p99_ms": latency.p99}
        ratios["sse_p99"] = late["many"].p99 / late["few"].p99
        ratios["sse_p99_one_scan"] = late["one_scan"].p99 / late["few"].p99
        figures["peak_mb"] = servers["ours"].peak_megabytes()
    record("api", figures, ratios)


def _audiences(clients: int) -> list[tuple[str, Audience]]:
    """Ten clients of one scan; many clients, ten a scan, whose scans change as often as scans do; all of one scan."""
    users = clients // _FEW
    return [
        ("few", Audience(users=1, clients_each=_FEW, changes=100, per_second=5)),
        ("many", Audience(users=users, clients_each=_FEW, changes=6 * users, per_second=users / 2)),
        ("one_scan", Audience(users=1, clients_each=clients, changes=100, per_second=4)),
    ]


async def _round(server: Server, data: Data, seconds: float) -> dict[str, float]:
    first, count = data.fresh_accounts()
    return {
        "post_scan": await load(
            server, "POST", "/accounts/a{}/scans", first=first, count=count, seconds=seconds, body=_BODY
        ),
        "get_scan": await load(server, "GET", "/scans/t{}", first=0, count=data.tasks, seconds=seconds),
    }
