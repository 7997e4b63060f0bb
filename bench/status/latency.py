"""How long an event takes from its publisher to its commit, as a change stream on the tasks shows it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiormq
from aiormq.abc import AbstractChannel

from bench.status.consumers import open_channel
from bench.status.load import progress
from bench.status.servers import Bench
from services.status.repository import COLLECTION
from shared.events import CONTENT_TYPE, ScanProgressed
from shared.topology import EVENTS_EXCHANGE

_ACTIVE = 500
_TICK_SECONDS = 0.002
_SECONDS = 120.0
_SEQUENCE = ["$updateDescription.updatedFields._latest.sequence", "$fullDocument._latest.sequence"]


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the call that publishes to the sight of the commit."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """The median and the 99th percentile."""
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49] * 1000, cuts[98] * 1000)


class _Commits:
    """When each event was seen committed: a task's write commits all that was published of it up to its sequence."""

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
    """The unloaded floor: each event is published when the one before it has been seen."""
    async with _watched(bench) as commits, open_channel(bench.servers.amqp_url) as channel:
        for sequence in range(1, events + 1):
            body = progress(name, sequence).to_bytes()
            commits.published(name, sequence)
            await _publish(channel, body)
            await commits.until(sequence)
    return Latency.of(commits.latencies)


async def at_rate(bench: Bench, name: str, rate: float, seconds: float) -> Latency:
    """Progress of 500 scans at `rate` events per second in all; publishing never waits for the consumer."""
    total = int(rate * seconds)
    reports = [(f"{name}-{number % _ACTIVE}", number // _ACTIVE + 1) for number in range(total)]
    events = [progress(task_id, sequence).to_bytes() for task_id, sequence in reports]
    async with _watched(bench) as commits, open_channel(bench.servers.amqp_url) as channel:
        began, sent = time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while sent < total:
                for number in range(sent, min(total, int((time.perf_counter() - began) * rate) + 1)):
                    commits.published(*reports[number])
                    group.create_task(_publish(channel, events[number]))
                    sent += 1
                await asyncio.sleep(_TICK_SECONDS)
        await commits.until(total)
    return Latency.of(commits.latencies)


async def _publish(channel: AbstractChannel, body: bytes) -> None:
    properties = aiormq.spec.Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=2)
    await channel.basic_publish(
        body, exchange=EVENTS_EXCHANGE, routing_key=ScanProgressed.routing_key, properties=properties
    )


@asynccontextmanager
async def _watched(bench: Bench) -> AsyncIterator[_Commits]:
    commits = _Commits()
    pipeline = [{"$project": {"documentKey": 1, "sequence": {"$ifNull": _SEQUENCE}}}]
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
