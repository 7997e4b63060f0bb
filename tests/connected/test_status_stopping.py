"""How the service ends: what it has taken is written first, and a death of its own is told and loses nothing."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient

from shared.access import mongo_role
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan
from tests.support.gate import Gate
from tests.support.status_process import replica
from tests.support.status_service import (
    all_done,
    changes,
    left_in,
    misfits,
    publish,
    raw,
    ready,
    status_service,
    stored_tasks,
    unready,
)
from tests.support.waiting import SECONDS, eventually

SCANS = [Scan(f"task-{n}") for n in range(10)]
EVENTS = raw(event for scan in SCANS for event in scan.whole())
SHORT_DRAIN = {"services.status.main.DRAIN_SECONDS": 0.5}
LONG_DRAIN = {"services.status.main.DRAIN_SECONDS": SECONDS, "services.status.main._CHANGES_SECONDS": SECONDS}


async def test_sigterm_lets_everything_that_was_taken_be_written_acknowledged_and_told(
    vhost: Any, database: Any
) -> None:
    async with changes(vhost) as heard, replica(vhost, database, constants=LONG_DRAIN, status_linger_ms=1000) as status:
        status.signal(signal.SIGSTOP)  # so that the events and the signal arrive together
        await publish(vhost, EVENTS)
        await eventually(lambda: all_taken(vhost))
        status.signal(signal.SIGTERM)
        status.signal(signal.SIGCONT)
        assert await status.ended() == 0
        await heard.until_all(len(SCANS))
    assert misfits(await stored_tasks(database), SCANS) == []
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0


async def test_sigterm_ends_it_while_the_database_is_away_and_the_events_stay_in_the_queue(
    vhost: Any, database: Any
) -> None:
    gate = Gate(database.url("status"))
    with gate.serve() as url:
        async with replica(vhost, database, mongo_url=url, constants=SHORT_DRAIN) as status:
            gate.shut()
            await publish(vhost, EVENTS)
            await eventually(lambda: all_taken(vhost))
            status.signal(signal.SIGTERM)
            assert await status.ended() == 0
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == len(EVENTS)


async def test_the_death_of_what_writes_fails_readiness(vhost: Any, database: Any) -> None:
    async with status_service(vhost, database) as http:
        await eventually(lambda: ready(http))
        async with refused(database):
            await publish(vhost, EVENTS)
            await eventually(lambda: unready(http))
            checks = (await http.get("/readyz")).json()["checks"]
    assert checks == {"broker": True, "database": True, "consumers": True, "tasks": False}
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == len(EVENTS)


async def test_the_death_of_what_writes_ends_the_process_and_the_next_one_goes_on(vhost: Any, database: Any) -> None:
    async with replica(vhost, database) as status, refused(database):
        await publish(vhost, EVENTS)
        assert await status.ended() == 1
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == len(EVENTS)
    async with replica(vhost, database):
        await eventually(lambda: all_done(database, len(SCANS)))
    assert misfits(await stored_tasks(database), SCANS) == []


@asynccontextmanager
async def refused(database: Any) -> AsyncIterator[None]:
    """The database refuses the service everything: an error that no waiting mends."""
    name = mongo_role("status")
    rights = [{"role": name, "db": database.name}]
    async with AsyncMongoClient[dict[str, Any]](database.url("administrator")) as client:
        await client[database.name].command("revokeRolesFromUser", name, roles=rights)
        try:
            yield
        finally:
            await client[database.name].command("grantRolesToUser", name, roles=rights)


async def all_taken(vhost: Any) -> bool:
    """Whether the service has been sent everything."""
    return await left_in(vhost, STATUS_SCAN_EVENTS) == 0
