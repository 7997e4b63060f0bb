"""Latency of an event from its publisher to its commit, as a change stream on the tasks shows
it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel

from bench.servers import Bench
from bench.status.consumers import open_channel
from bench.status.load import progress
from services.status.repository import COLLECTION
from shared.events import CONTENT_TYPE, ScanProgressed
from shared.messaging.topology import EVENTS_EXCHANGE

_ACTIVE = 500
_WATCHED = 50
_TICK_SECONDS = 0.001
_SECONDS = 120.0
_SEQUENCE = ["$updateDescription.updatedFields._latest.sequence", "$fullDocument._latest.sequence"]


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the call that publishes to the sight of the commit."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """Return the median and the 99th percentile."""
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49] * 1000, cuts[98] * 1000)


class _Commits:
    """The moments when events were seen committed: a task's write commits all its events up to its
    sequence."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self._published: dict[str, dict[int, float]] = {}
        self._grown = asyncio.Condition()

    def published(self, task_id: str, sequence: int) -> None:
        self._published.setdefault(task_id, {})[sequence] = time.perf_counter()

    async def committed(self, task_id: str, sequence: int) -> None:
        now = time.perf_counter()
        waiting = self._published.get(task_id, {})
        async with self._grown:
            for number in [number for number in waiting if number <= sequence]:
                self.latencies.append(now - waiting.pop(number))
            self._grown.notify_all()

    async def until(self, number: int) -> None:
        async with asyncio.timeout(_SECONDS), self._grown:
            await self._grown.wait_for(lambda: len(self.latencies) >= number)


async def one_by_one(bench: Bench, name: str, events: int) -> Latency:
    """Measure the unloaded floor: each event is published when the one before it has been seen."""
    async with _watched(bench, [name]) as commits, open_channel(bench.servers.amqp_url) as channel:
        for sequence in range(1, events + 1):
            body = progress(name, sequence).to_bytes()
            commits.published(name, sequence)
            await _publish(channel, body)
            await commits.until(sequence)
    return Latency.of(commits.latencies)


async def at_rate(bench: Bench, name: str, rate: float, seconds: float) -> Latency:
    """Publish progress of 500 scans at `rate` events per second in all, without waiting.

    Every tenth scan is watched: on a machine of few cores, watching all of them would be most of
    the load.
    """
    total = int(rate * seconds)
    reports = [(f"{name}-{number % _ACTIVE}", number // _ACTIVE + 1) for number in range(total)]
    events = [progress(task_id, sequence).to_bytes() for task_id, sequence in reports]
    watched = [f"{name}-{number}" for number in range(0, _ACTIVE, _ACTIVE // _WATCHED)]
    expected = 0
    async with (
        _watched(bench, watched) as commits,
        open_channel(bench.servers.amqp_url, publisher_confirms=False) as channel,
    ):
        began, sent = time.perf_counter(), 0
        while sent < total:
            for number in range(sent, min(total, int((time.perf_counter() - began) * rate) + 1)):
                if reports[number][0] in watched:
                    commits.published(*reports[number])
                    expected += 1
                await _publish(channel, events[number])
                sent += 1
            await asyncio.sleep(_TICK_SECONDS)
        await commits.until(expected)
    return Latency.of(commits.latencies)


async def _publish(channel: AbstractChannel, body: bytes) -> None:
    properties = aiormq.spec.Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=2)
    await channel.basic_publish(
        body, exchange=EVENTS_EXCHANGE, routing_key=ScanProgressed.routing_key, properties=properties
    )


@asynccontextmanager
async def _watched(bench: Bench, tasks: Sequence[str]) -> AsyncIterator[_Commits]:
    commits = _Commits()
    pipeline: list[dict[str, Any]] = [
        {"$match": {"documentKey._id": {"$in": list(tasks)}}},
        {"$project": {"documentKey": 1, "sequence": {"$ifNull": _SEQUENCE}}},
    ]
    async with bench.database[COLLECTION].watch(pipeline) as stream:
        await stream.try_next()  # opens it: whatever is committed from now on is seen

        async def watch() -> None:
            async for change in stream:
                if "sequence" in change:
                    await commits.committed(change["documentKey"]["_id"], int(change["sequence"]))

        watching = asyncio.create_task(watch())
        try:
            yield commits
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
