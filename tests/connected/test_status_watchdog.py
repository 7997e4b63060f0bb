"""The watchdog on the real broker and the real database, beside the real service that folds what it publishes."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.status.watchdog.repository import PAGE, REDRIVES, WatchdogRepository
from shared import mongo
from shared.messaging.topology import SCAN_REQUESTED
from tests.support.events import Scan
from tests.support.status_service import (
    changes,
    has_handled,
    left_in,
    metric,
    publish,
    published,
    raw,
    status_service,
    stored_tasks,
    take,
)
from tests.support.waiting import eventually
from tests.support.watchdogs import Dog, Pack

NEVER = 3600.0
"""Longer than any test takes."""


@pytest.fixture
async def tasks_database(database: Any) -> AsyncIterator[mongo.Database]:
    """The test's database, as the status service sees it."""
    client = mongo.connect(database.url("status"), service="test")
    yield mongo.database(client, database.name)
    await mongo.close(client)


async def test_a_silent_request_comes_again_as_the_same_event(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    dog = Dog(vhost.url("status"), tasks_database)
    async with status_service(vhost, database), dog.at_work():
        await publish(vhost, raw([Scan().requested()]))
        messages = await take(vhost, SCAN_REQUESTED, 2)
    assert [message.body for message in messages] == [Scan().requested().to_bytes()] * 2
    assert messages[1].routing_key == "scan.requested.v1"


async def test_after_three_times_without_effect_the_task_fails_as_stalled(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    scan, dog = Scan(), Dog(vhost.url("status"), tasks_database)
    async with changes(vhost) as heard, status_service(vhost, database), dog.at_work():
        await publish(vhost, raw([scan.requested()]))
        await heard.until_all(1, "FAILURE")
    task = (await stored_tasks(database))[scan.task_id]
    assert (task["error_code"], task["progress"], task["current_status"]) == ("stalled", 0, "Email scan failed")
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "FAILURE"]
    assert task["history"][-1]["at"] == task["completed_at"] == task["updated_at"] > task["created_at"]
    assert dog.redriven() == {"silent": 3}
    assert await left_in(vhost, SCAN_REQUESTED) == 4


async def test_an_answer_lets_the_count_begin_again(vhost: Any, database: Any, tasks_database: mongo.Database) -> None:
    scan, dog = Scan(), Dog(vhost.url("status"), tasks_database, patience=0)

    async def given_up() -> bool:
        await dog.watchdog.check()
        return bool((await stored_tasks(database))[scan.task_id]["status"] == "FAILURE")

    async with status_service(vhost, database) as http, dog.connected():
        await publish(vhost, raw([scan.requested()]))
        await eventually(lambda: has_handled(http, 1))
        for _ in range(2):  # one more is the last without an answer
            await dog.watchdog.check()
        await publish(vhost, raw([scan.queued()]))
        await eventually(lambda: has_handled(http, 4))
        await eventually(given_up)
    task = (await stored_tasks(database))[scan.task_id]
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "PENDING", "FAILURE"]
    assert dog.redriven() == {"silent": 2, "waiting": 3}


async def test_a_task_whose_request_was_never_seen_fails_after_the_same_patience(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    scan, dog = Scan(), Dog(vhost.url("status"), tasks_database)
    async with changes(vhost) as heard, status_service(vhost, database), dog.at_work():
        await publish(vhost, raw([scan.queued()]))
        await heard.until_all(1, "FAILURE")
    assert (await stored_tasks(database))[scan.task_id]["error_code"] == "stalled"
    assert await left_in(vhost, SCAN_REQUESTED) == 0
    assert dog.redriven() == {}


async def test_a_cancel_that_no_scanner_confirms_is_forced_and_a_late_end_changes_nothing(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    waiting, running, untouched = Scan("task-1"), Scan("task-2"), Scan("task-3")
    started = [running.requested(), running.started(), running.progressed(3, 40, scanned=8)]
    dog = Dog(vhost.url("status"), tasks_database, patience=NEVER, grace=0.3)
    async with changes(vhost) as heard, status_service(vhost, database), dog.at_work():
        await publish(vhost, raw([*started, waiting.requested(), untouched.requested(), untouched.started()]))
        await publish(vhost, raw([waiting.cancel_requested(), running.cancel_requested()]))
        await heard.until_all(2, "CANCELLED")
        forced = await stored_tasks(database)
        await publish(vhost, raw([running.completed(), *Scan("task-4").whole()]))
        await heard.until_all(1, "DONE")
    tasks = await stored_tasks(database)
    assert {name: task["status"] for name, task in tasks.items()} == {
        "task-1": "CANCELLED",
        "task-2": "CANCELLED",
        "task-3": "PROGRESS",
        "task-4": "DONE",
    }
    assert tasks["task-2"] == forced["task-2"]
    assert (tasks["task-2"]["progress"], tasks["task-2"]["messages_scanned"]) == (40, 8)
    assert [entry["status"] for entry in tasks["task-2"]["history"]] == [
        "PENDING",
        "PROGRESS",
        "CANCEL_REQUESTED",
        "CANCELLED",
    ]
    assert tasks["task-2"]["history"][-1]["detail"] == "no scanner confirmed the cancel within 0.3 s"


async def test_two_at_once_give_each_task_one_end_and_count_each_attempt_once(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    silent, unwanted = [Scan(f"silent-{n}") for n in range(30)], [Scan(f"unwanted-{n}") for n in range(30)]
    pack = Pack(Dog(vhost.url("status"), tasks_database, name=name, patience=0, grace=0) for name in ("one", "two"))

    async def all_ended() -> bool:
        await pack.look()
        return {task["status"] for task in (await stored_tasks(database)).values()} == {"FAILURE", "CANCELLED"}

    ends = published(vhost, "scan.failed.v1", "scan.cancelled.v1")
    async with status_service(vhost, database) as http, ends as bodies, AsyncExitStack() as connected:
        for dog in pack.dogs:
            await connected.enter_async_context(dog.connected())
        for scan in unwanted:
            await publish(vhost, raw([scan.requested(), scan.started(), scan.cancel_requested()]))
        await publish(vhost, raw(scan.requested() for scan in silent))
        await eventually(lambda: has_handled(http, 120))
        await eventually(all_ended)
        await bodies.until(lambda: len(bodies.items) > len(set(bodies.items)) == 60)
    assert await left_in(vhost, SCAN_REQUESTED) > 60 + 90  # both were at it
    assert sum(dog.redriven().get("silent", 0) for dog in pack.dogs) == 90
    assert [kept["tries"] async for kept in tasks_database[REDRIVES].find()] == [3] * 30
    assert len(set(bodies.items)) == 60, "whoever ends a task says the same"
    for name, task in (await stored_tasks(database)).items():
        running = ["PROGRESS", "CANCEL_REQUESTED", "CANCELLED"] if name.startswith("unwanted") else ["FAILURE"]
        assert [entry["status"] for entry in task["history"]] == ["PENDING", *running]


async def test_it_judges_nothing_before_it_has_watched_for_as_long(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    scan, dog = Scan(), Dog(vhost.url("status"), tasks_database, patience=NEVER, grace=NEVER)
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, raw([scan.requested(), scan.cancel_requested()]))
        await heard.until(lambda: any(task["cancel_requested_at"] for task in heard.items))
        async with dog.connected():
            for _ in range(3):
                await dog.watchdog.check()
    assert await left_in(vhost, SCAN_REQUESTED) == 1
    assert (await stored_tasks(database))[scan.task_id]["status"] == "PENDING"
    assert await tasks_database["status_leases"].count_documents({"_id": "test"}) == 1


async def test_whoever_cannot_publish_or_consume_gives_the_lease_back_and_counts_nothing(
    vhost: Any, database: Any, tasks_database: mongo.Database
) -> None:
    consuming = True

    async def is_consuming() -> bool:
        return consuming

    dog = Dog(vhost.url("status"), tasks_database, is_consuming=is_consuming)  # its broker is never connected
    held: list[bool] = []

    async def given_back() -> bool:
        await dog.watchdog.check()
        held.append(await tasks_database["status_leases"].count_documents({"_id": "test"}) == 1)
        return not held[-1]

    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, raw([Scan().requested()]))
        await heard.until(lambda: len(heard.items) == 1)
        await eventually(given_back)
        assert held[0]
        assert await tasks_database[REDRIVES].count_documents({}) == 0
        await dog.watchdog.check()
        consuming = False
        await dog.watchdog.check()
    assert await tasks_database["status_leases"].count_documents({"_id": "test"}) == 0


async def test_the_whole_service_watches_with_its_own_settings(vhost: Any, database: Any) -> None:
    async with changes(vhost) as heard, status_service(vhost, database, redrive_after_s=1) as http:
        await publish(vhost, raw([Scan().requested()]))
        await heard.until_all(1, "FAILURE")
        assert await metric(http, "mailtally_tasks_redriven_total", reason="silent") == 3
        assert await metric(http, "mailtally_tasks_stalled_total") == 1


async def test_silent_tasks_come_by_index_in_pages_and_those_without_an_event_not_at_all(
    database: Any, vhost: Any, tasks_database: mongo.Database
) -> None:
    async with status_service(vhost, database):  # makes the indexes
        await eventually(lambda: indexed(tasks_database))
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    old = [
        {"_id": f"task-{n:03}", "status": "PENDING", "version": 1, "updated_at": now - dt.timedelta(seconds=n)}
        for n in range(1, 2 * PAGE + 11)
    ]
    others = [
        {"_id": "running", "status": "PROGRESS", "version": 1, "updated_at": now - dt.timedelta(days=1)},
        {"_id": "fresh", "status": "PENDING", "version": 1, "updated_at": now},
        {"_id": "of an older system", "status": "PENDING", "updated_at": now - dt.timedelta(days=1)},
    ]
    await tasks_database["scanning_tasks"].insert_many([*old, *others])
    pages = [page async for page in WatchdogRepository(tasks_database).silent_tasks(now)]
    assert [len(page) for page in pages] == [PAGE, PAGE, 10]
    assert [task["_id"] for page in pages for task in page] == [str(task["_id"]) for task in reversed(old)]
    condition = {"status": "PENDING", "updated_at": {"$lt": now}, "version": {"$gte": 1}}
    plan = await tasks_database["scanning_tasks"].find(condition).sort("updated_at", 1).explain()
    assert "'keyPattern': {'updated_at': 1}" in str(plan["queryPlanner"]["winningPlan"])
    condition = {"status": {"$in": ["PENDING", "PROGRESS"]}, "cancel_requested_at": {"$lt": now}}
    plan = await tasks_database["scanning_tasks"].find(condition).explain()
    assert "'cancel_requested_at': 1}" in str(plan["queryPlanner"]["winningPlan"])


async def indexed(tasks_database: mongo.Database) -> bool:
    return {"updated_at_1", "status_1_cancel_requested_at_1"} <= set(
        await tasks_database["scanning_tasks"].index_information()
    )
