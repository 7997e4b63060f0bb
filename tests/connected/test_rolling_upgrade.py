"""Versions side by side: golden events stand for those of an older version, widened ones for those of a newer one."""

import json
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from shared.events import Event, decode
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.expected_tasks import canonical, expected_task
from tests.support.status_service import (
    DEAD,
    Raw,
    all_done,
    has_handled,
    left_in,
    publish,
    ready,
    status_service,
    stored_tasks,
)
from tests.support.waiting import eventually

GOLDEN = Path(__file__).parents[2] / "docs" / "consumers" / "golden"
LIFE = ("scan.requested.v1", "scan.started.v1", "scan.progressed.v1", "scan.completed.v1")
TASKS = 30


def older(key: str, task_id: str) -> Raw:
    """The event of another task, otherwise as the golden sample has it."""
    text = (GOLDEN / f"{key}.json").read_text(encoding="utf-8")
    sample = json.loads(text)
    own = text.replace(sample["subject"], task_id).replace(
        sample["id"], str(uuid.uuid5(uuid.NAMESPACE_OID, task_id + key))
    )
    return key, own.encode()


def newer(key: str, task_id: str) -> Raw:
    """The same with fields that this version does not know."""
    raw = json.loads(older(key, task_id)[1])
    raw |= {"futureextension": "x", "data": raw["data"] | {"future_field": {"nested": [1, 2]}}}
    return key, json.dumps(raw).encode()


def life(task_id: str, number: int) -> list[Raw]:
    """A whole scan whose events come from both, in turns."""
    return [(older, newer)[(number + step) % 2](key, task_id) for step, key in enumerate(LIFE)]


def expected(task_id: str) -> bytes:
    """The task as this version makes it of its own events."""
    events: list[Event[Any]] = [decode(older(key, task_id)[1]) for key in LIFE]
    return canonical(expected_task(events, events[-1]))


async def test_tasks_are_the_same_whoever_wrote_their_events_and_while_replicas_are_replaced(
    vhost: Any, database: Any
) -> None:
    lives = {f"task-{number}": life(f"task-{number}", number) for number in range(TASKS)}
    first = [event for events in lives.values() for event in events[:2]]
    rest = [event for events in lives.values() for event in events[2:]]
    async with AsyncExitStack() as replaced, status_service(vhost, database) as new:
        old = await replaced.enter_async_context(status_service(vhost, database))
        for replica in (old, new):
            await eventually(lambda replica=replica: ready(replica))  # type: ignore[misc]
        await publish(vhost, [*first, *rest[:TASKS]])
        await replaced.aclose()
        await publish(vhost, rest[TASKS:])
        await eventually(lambda: all_done(database, TASKS))
    stored = {task_id: canonical(task) for task_id, task in (await stored_tasks(database)).items()}
    assert stored == {task_id: expected(task_id) for task_id in lives}
    assert (await left_in(vhost, STATUS_SCAN_EVENTS), await left_in(vhost, DEAD)) == (0, 0)


async def test_what_a_newer_version_keeps_in_a_task_stays_when_this_one_writes(vhost: Any, database: Any) -> None:
    kept = {"_newer": {"since": 2}, "shown_by_newer": "yes"}
    async with AsyncMongoClient[dict[str, Any]](database.url("status")) as client:
        tasks = client[database.name]["scanning_tasks"]
        async with status_service(vhost, database) as http:
            await publish(vhost, life("task-1", 0)[:2])
            await eventually(lambda: has_handled(http, 2))
            # As a newer replica would: with a version of its own, so that what this one remembers is outdated.
            await tasks.update_one({"_id": "task-1"}, {"$set": kept, "$inc": {"version": 1}})
            await publish(vhost, life("task-1", 0)[2:])
            await eventually(lambda: all_done(database, 1))
        task = await tasks.find_one({"_id": "task-1"})
    assert task is not None
    assert {name: task.pop(name) for name in kept} == kept
    assert task["progress"] == 100
