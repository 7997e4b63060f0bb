"""A replica that is wrong about what is stored loses time and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.status.fold import IgnoredReason
from services.status.outcome import BatchOutcome
from services.status.repository import COLLECTION, TaskRepository
from shared import mongo
from shared.events import Event
from tests.support.events import Scan
from tests.support.expected_tasks import canonical, expected_task


@pytest.fixture
async def tasks(database: Any) -> AsyncIterator[mongo.Database]:
    client = mongo.connect(database.url("status"), service="test")
    yield mongo.database(client, database.name)
    await mongo.close(client)


async def write(repository: TaskRepository, *events: Event[Any]) -> BatchOutcome:
    return await repository.write({events[0].data.task_id: events})


async def stored(tasks: mongo.Database, scan: Scan) -> dict[str, Any]:
    task = await tasks[COLLECTION].find_one({"_id": scan.task_id})
    assert task is not None
    return task


async def test_a_request_that_another_replica_has_written_is_a_duplicate(tasks: mongo.Database) -> None:
    scan = Scan()
    await write(TaskRepository(tasks), scan.requested(), scan.started())
    outcome = await write(TaskRepository(tasks), scan.requested())
    assert outcome.without_effect == [IgnoredReason.DUPLICATE]
    assert outcome.committed == []
    assert (await stored(tasks, scan))["version"] == 1


async def test_what_another_replica_has_written_meanwhile_is_kept(tasks: mongo.Database) -> None:
    scan, here, there = Scan(), TaskRepository(tasks), TaskRepository(tasks)
    events = scan.whole()
    await write(here, events[0])
    for event in events[1:-1]:
        await write(there, event)
    outcome = await write(here, events[-1])
    assert [written.after["status"] for written in outcome.committed] == ["DONE"]
    assert canonical(await stored(tasks, scan)) == canonical(expected_task(events, events[-1]))


async def test_of_a_batch_with_one_wrong_guess_every_task_is_written_once(tasks: mongo.Database) -> None:
    scans = [Scan(f"task-{n}") for n in range(20)]
    here, there = TaskRepository(tasks), TaskRepository(tasks)
    await here.write({scan.task_id: [scan.requested()] for scan in scans})
    await write(there, scans[7].started())
    outcome = await here.write({scan.task_id: [scan.progressed(3, 10, scanned=2)] for scan in scans})
    assert sorted(written.after["_id"] for written in outcome.committed) == sorted(scan.task_id for scan in scans)
    versions = {task["_id"]: task["version"] async for task in tasks[COLLECTION].find()}
    assert versions == {scan.task_id: 3 if scan is scans[7] else 2 for scan in scans}


async def test_a_task_that_was_deleted_begins_anew(tasks: mongo.Database, database: Any) -> None:
    scan, repository = Scan(), TaskRepository(tasks)
    await write(repository, scan.requested(), scan.started())
    administrator = mongo.connect(database.url("administrator"), service="test")
    await mongo.database(administrator, database.name)[COLLECTION].delete_many({})
    await mongo.close(administrator)
    end = scan.completed()
    await write(repository, end)
    assert canonical(await stored(tasks, scan)) == canonical(expected_task([end], end))
