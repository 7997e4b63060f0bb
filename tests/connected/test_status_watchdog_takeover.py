"""The watchdog dies with the lease in its hand: real processes, whose lease is shorter than the product's."""

import signal
from typing import Any

from pymongo import AsyncMongoClient

from services.status.lease import COLLECTION as LEASES
from services.status.watchdog.redrive_policy import MAX_TRIES
from services.status.watchdog.repository import REDRIVES
from shared.events import decode
from tests.support.events import Scan
from tests.support.status_process import replica
from tests.support.status_service import changes, metric, publish, published, raw, stored_tasks
from tests.support.waiting import eventually

PATIENCE = {"redrive_after_s": 2, "cancel_grace_s": 2}
LEASE = {"services.status.main.LEASE": 6}
"""Seconds; renewed every half a second or so."""
ACTS = ("scan.requested.v1", "scan.failed.v1", "scan.cancelled.v1")


async def test_when_the_watchdog_is_killed_another_replica_takes_its_lease_over_and_goes_on_where_it_was(
    vhost: Any, database: Any
) -> None:
    before, after, unwanted = Scan("before"), Scan("after"), Scan("unwanted")
    async with (
        changes(vhost) as heard,
        published(vhost, *ACTS) as bodies,
        replica(vhost, database, constants=LEASE, **PATIENCE) as first,
    ):
        await eventually(lambda: exists(database, LEASES, "watchdog"))
        holder = (await kept(database, LEASES, "watchdog"))["holder"]
        async with replica(vhost, database, constants=LEASE, **PATIENCE) as second:
            await publish(vhost, raw([before.requested()]))
            await eventually(lambda: exists(database, REDRIVES, "before"))
            first.signal(signal.SIGKILL)
            assert await first.ended() == -signal.SIGKILL
            left, attempt = await kept(database, LEASES, "watchdog"), await kept(database, REDRIVES, "before")
            await publish(vhost, raw([after.requested(), unwanted.requested(), unwanted.started()]))
            await publish(vhost, raw([unwanted.cancel_requested()]))
            await heard.until(lambda: ended(heard.items) == {"before", "after", "unwanted"})
            taken = await kept(database, LEASES, "watchdog")
            assert await metric(second.http, "mailtally_tasks_redriven_total", reason="silent") >= 3
            # What was not confirmed in time may have been published, and was published again.
            doubtful = await metric(second.http, "mailtally_published_messages_total", result="unconfirmed")
            await bodies.until(lambda: ends(bodies.items) == {"before", "after", "unwanted"})
    assert left["holder"] == holder
    assert taken["holder"] != holder
    assert taken["since"] >= left["expires_at"]
    tasks = await stored_tasks(database)
    told = {name: [entry["status"] for entry in task["history"]] for name, task in tasks.items()}
    assert told == {
        "before": ["PENDING", "FAILURE"],
        "after": ["PENDING", "FAILURE"],
        "unwanted": ["PENDING", "PROGRESS", "CANCEL_REQUESTED", "CANCELLED"],
    }
    assert [tasks[name]["error_code"] for name in ("before", "after")] == ["stalled", "stalled"]
    requests = [body for body in bodies.items if decode(body).routing_key == "scan.requested.v1"]
    again, anew = before.requested().to_bytes(), after.requested().to_bytes()
    assert set(requests) == {again, anew, unwanted.requested().to_bytes()}
    assert 0 <= requests.count(anew) - (1 + MAX_TRIES) <= doubtful
    by_the_dead = requests[: requests.index(anew)].count(again)
    goes_on = MAX_TRIES - attempt["tries"]
    assert 0 <= requests.count(again) - by_the_dead - goes_on <= doubtful, "it goes on counting where it was"


async def kept(database: Any, collection: str, name: str) -> dict[str, Any]:
    async with AsyncMongoClient[dict[str, Any]](database.url("administrator")) as client:
        return await client[database.name][collection].find_one({"_id": name}) or {}


async def exists(database: Any, collection: str, name: str) -> bool:
    return bool(await kept(database, collection, name))


def ended(seen: list[dict[str, Any]]) -> set[str]:
    return {task["task_id"] for task in seen if task["completed_at"] is not None}


def ends(bodies: list[bytes]) -> set[str]:
    """The tasks whose end was published."""
    events = [decode(body) for body in bodies]
    return {event.data.task_id for event in events if event.routing_key != "scan.requested.v1"}
