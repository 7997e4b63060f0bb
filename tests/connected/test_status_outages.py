"""The servers go away for a minute and are killed, beside a real process of the service: it catches up by itself.

A minute, because less would not show it: it is longer than every patience on the way (10 s between heartbeats, of which
three may be missing; 10 s for a whole operation and for a write concern; 5 s for a confirm; 3 s to select a server), so
that each has run out and every back-off has reached its cap. For most of it the server takes connections and answers
nothing, as behind a cut cable. The two go away side by side, each from a system of its own.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shared.broker import publishing_broker, start_when_reachable, stop
from shared.events import utc_now
from shared.publishing import Publisher
from shared.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan
from tests.support.own_servers import OwnDatabase, OwnVhost, own_servers
from tests.support.status_process import Replica, replica
from tests.support.status_service import (
    DEAD,
    all_done,
    done,
    left_in,
    metric,
    misfits,
    ready,
    stored_tasks,
)
from tests.support.waiting import eventually

SILENT_SECONDS, GONE_SECONDS = 45.0, 15.0
SCANS = 20
REPORTERS = 4


@dataclass(frozen=True)
class System:
    """The servers of one system, the one of them that goes away, and the checks of readiness that fail meanwhile."""

    vhost: Any
    database: Any
    mortal: OwnVhost | OwnDatabase
    missing: frozenset[str]


class Scanners:
    """Scans that report as real ones do: each event is published until the broker has confirmed it."""

    def __init__(self, publisher: Publisher) -> None:
        self.scans: list[Scan] = []
        self.over = asyncio.Event()
        self._publisher = publisher

    async def scan(self) -> None:
        scan = Scan(f"task-{len(self.scans)}", start=utc_now())
        self.scans.append(scan)
        await self._publisher.publish_surely(scan.whole())

    async def report(self) -> None:
        """Many scans at the same time."""
        await asyncio.gather(*(self.scan() for _ in range(SCANS)))

    async def flow(self) -> None:
        """A few scans at a time, until it is `over`."""

        async def one_after_the_other() -> None:
            while not self.over.is_set():
                await self.scan()

        await asyncio.gather(*(one_after_the_other() for _ in range(REPORTERS)))


async def test_a_minute_without_a_server_and_its_deaths_cost_time_and_nothing_else(
    vhost: Any, database: Any, tmp_path: Path
) -> None:
    async with own_servers(tmp_path / "own") as (own_vhost, own_database), asyncio.TaskGroup() as systems:
        systems.create_task(outlives(System(vhost, own_database, own_database, frozenset({"database"}))))
        systems.create_task(outlives(System(own_vhost, database, own_vhost, frozenset({"broker", "consumers"}))))


async def outlives(system: System) -> None:
    async with replica(system.vhost, system.database) as status, scanners(system.vhost) as scans:
        await scans.report()
        await eventually(partial(all_counted, status, scans))
        await a_minute_away(system, status, scans)
        await deaths(system, scans)
        await eventually(partial(ready, status.http))
        assert misfits(await stored_tasks(system.database), scans.scans) == []
    assert await left_in(system.vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(system.vhost, DEAD) == 0


async def a_minute_away(system: System, status: Replica, scans: Scanners) -> None:
    """What is said meanwhile is late by as much, which the lag shows; what is said afterwards is not."""
    late_before = await late(status)
    async with asyncio.TaskGroup() as reporting:
        system.mortal.signal(signal.SIGSTOP)
        reporting.create_task(scans.report())
        noticed = eventually(partial(misses, status, system.missing))
        await asyncio.gather(noticed, asyncio.sleep(SILENT_SECONDS))
        async with system.mortal.away(grace=0):
            await asyncio.sleep(GONE_SECONDS)
            assert await misses(status, system.missing)
            assert (await status.http.get("/livez")).is_success
    await eventually(partial(all_counted, status, scans))
    await eventually(partial(ready, status.http))
    assert await late(status) - late_before >= SCANS
    in_time_before = await in_time(status)
    await scans.report()
    await eventually(partial(all_counted, status, scans))
    assert await in_time(status) - in_time_before >= SCANS


async def deaths(system: System, scans: Scanners) -> None:
    """It is asked to end and then killed while scans report, and is started again at once."""
    async with asyncio.TaskGroup() as reporting:
        reporting.create_task(scans.flow())
        for number in (signal.SIGTERM, signal.SIGKILL):
            await eventually(partial(some_more_done, system.database, len(scans.scans)))
            system.mortal.signal(number)
            await eventually(partial(some_more_done, system.database, len(scans.scans)))
        scans.over.set()
    await eventually(partial(all_done, system.database, len(scans.scans)))


@asynccontextmanager
async def scanners(vhost: Any) -> AsyncIterator[Scanners]:
    broker = publishing_broker(vhost.url("administrator"), service="test")
    await start_when_reachable(broker)
    try:
        yield Scanners(Publisher(broker))
    finally:
        await stop(broker)


async def misses(status: Replica, missing: frozenset[str]) -> bool:
    """Whether readiness fails, by these checks and no others."""
    return {check for check, passed in (await status.checks()).items() if not passed} == missing


async def all_counted(status: Replica, scans: Scanners) -> bool:
    """Whether the end of every scan is committed and has been measured."""
    return await metric(status.http, "mailtally_task_duration_seconds_count") == len(scans.scans)


async def late(status: Replica) -> float:
    """How many events were committed more than 30 seconds, half an outage, after they had happened."""
    return await metric(status.http, "mailtally_status_lag_seconds_count") - await in_time(status)


async def in_time(status: Replica) -> float:
    """How many were committed sooner."""
    return await metric(status.http, "mailtally_status_lag_seconds_bucket", le="30.0")


async def some_more_done(database: Any, before: int) -> bool:
    """Whether so many scans are DONE that some of them began after the first `before`."""
    return await done(database) >= before + SCANS
