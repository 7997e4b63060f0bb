"""The servers go away for long and are killed, beside a real process of the service: it catches up by itself.

Long is longer than every patience on the way, so that each has run out and every back-off has reached its cap: what the
product waits for is shortened for that, and the service's log tells when it is so. For the first part the server takes
connections and answers nothing, as behind a cut cable. The two go away side by side, each from a system of its own.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from yarl import URL

from shared.events import utc_now
from shared.messaging.broker import publishing_broker, start_when_reachable, stop
from shared.messaging.publishing import Publisher
from shared.messaging.topology import STATUS_SCAN_EVENTS
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

SCANS = 20
REPORTERS = 4
CONFIRM_SECONDS = 1.0
PATIENCE: Mapping[str, float] = {
    "services.status.main._OPERATION_MS": 2_000,
    "shared.mongo._SERVER_SELECTION_MS": 500,
    "shared.messaging.amqp_connection._CONNECT_SECONDS": 2,
}
HEARTBEAT = {"heartbeat": "1"}


@dataclass(frozen=True)
class System:
    """The servers of one system, the one of them that goes away, and how the service shows it: the checks of readiness
    that fail, and what each of its `parts` says in its log whenever it has waited in vain; after so many times its
    back-off, which doubles, is `at_the_cap`."""

    vhost: Any
    database: Any
    mortal: OwnVhost | OwnDatabase
    missing: frozenset[str]
    complaint: str
    parts: int
    at_the_cap: int


class Scanners:
    """Scans that report as real ones do: each event is published until the broker has confirmed it."""

    def __init__(self, publisher: Publisher) -> None:
        self.scans: list[Scan] = []
        self.over = asyncio.Event()
        self._publisher = publisher

    async def scan(self) -> None:
        scan = Scan(f"task-{len(self.scans)}", start=utc_now())
        self.scans.append(scan)
        await self._publisher.publish_until_confirmed(scan.whole())

    async def report(self) -> None:
        """Many scans at the same time."""
        await asyncio.gather(*(self.scan() for _ in range(SCANS)))

    async def flow(self) -> None:
        """A few scans at a time, until it is `over`."""

        async def one_after_the_other() -> None:
            while not self.over.is_set():
                await self.scan()

        await asyncio.gather(*(one_after_the_other() for _ in range(REPORTERS)))


async def test_a_long_time_without_a_server_and_its_deaths_cost_time_and_nothing_else(
    vhost: Any, database: Any, tmp_path: Path
) -> None:
    async with own_servers(tmp_path / "own") as (own_vhost, own_database), asyncio.TaskGroup() as systems:
        broker, store = frozenset({"broker", "consumers"}), frozenset({"database"})
        without_database = System(vhost, own_database, own_database, store, "database unavailable", 1, at_the_cap=11)
        without_broker = System(own_vhost, database, own_vhost, broker, "connection lost", 3, at_the_cap=7)
        systems.create_task(outlives(without_database))
        systems.create_task(outlives(without_broker))


async def outlives(system: System) -> None:
    amqp_url = str(URL(system.vhost.url("status")).update_query(HEARTBEAT))
    async with (
        replica(system.vhost, system.database, constants=PATIENCE, amqp_url=amqp_url) as status,
        scanners(system.vhost) as scans,
    ):
        await scans.report()
        await eventually(partial(all_counted, status, scans))
        await long_away(system, status, scans)
        await deaths(system, scans)
        await eventually(partial(ready, status.http))
        assert misfits(await stored_tasks(system.database), scans.scans) == []
    assert await left_in(system.vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(system.vhost, DEAD) == 0


async def long_away(system: System, status: Replica, scans: Scanners) -> None:
    """What is said meanwhile is late by as much, which the lag shows; what is said afterwards is not."""
    before, complaints = await lag(status), status.times_logged(system.complaint)

    async def complained(times: int) -> bool:
        return status.times_logged(system.complaint) - complaints >= times * system.parts

    async with asyncio.TaskGroup() as reporting:
        system.mortal.signal(signal.SIGSTOP)
        reporting.create_task(scans.report())
        await eventually(partial(misses, status, system.missing))
        began = time.monotonic()
        await eventually(partial(complained, 1))
        async with system.mortal.away(grace=0):
            await eventually(partial(complained, system.at_the_cap))
            await eventually(partial(misses, status, system.missing))
            assert (await status.http.get("/livez")).is_success
            late = SCANS * (time.monotonic() - began)
    await eventually(partial(all_counted, status, scans))
    await eventually(partial(ready, status.http))
    assert await lag(status) - before >= late

    async def in_time() -> bool:
        before = await lag(status)
        await scans.report()
        await eventually(partial(all_counted, status, scans))
        return await lag(status) - before < late

    await eventually(in_time)


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
        yield Scanners(Publisher(broker, confirm_s=CONFIRM_SECONDS))
    finally:
        await stop(broker)


async def misses(status: Replica, missing: frozenset[str]) -> bool:
    """Whether readiness fails, by these checks and no others."""
    return {check for check, passed in (await status.checks()).items() if not passed} == missing


async def all_counted(status: Replica, scans: Scanners) -> bool:
    """Whether the end of every scan is committed and has been measured."""
    return await metric(status.http, "mailtally_task_duration_seconds_count") == len(scans.scans)


async def lag(status: Replica) -> float:
    """The seconds from each event to its commit, of all together."""
    return await metric(status.http, "mailtally_status_lag_seconds_sum")


async def some_more_done(database: Any, before: int) -> bool:
    """Whether so many scans are DONE that some of them began after the first `before`."""
    return await done(database) >= before + SCANS
