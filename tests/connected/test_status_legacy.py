"""Documents of an older system: readable everywhere as they are, and migrated without touching anything else."""

import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.status.legacy import migrate
from services.status.repository import COLLECTION, TaskRepository
from shared import mongo
from shared.mongo import Database
from tests.support.events import Scan
from tests.support.logs import output_of
from tests.support.running_api import RunningApi, running_api
from tests.support.status_service import changes, publish, raw, ready, status_service, stored_tasks
from tests.support.waiting import eventually, patience

AT = dt.datetime(2021, 5, 1, 12, tzinfo=dt.UTC)
BARE = {"_id": "bare", "status": "SUCCESS"}
OLD = {
    "_id": "old",
    "task_id": "old",
    "user_id": "anna",
    "status": "SUCCESS",
    "progress": 100,
    "current_status": "Scan finished",
    "result": {"invoices": 3, "files": ["a.pdf"]},
    "error": None,
    "completed_at": AT + dt.timedelta(minutes=5),
    "updated_at": AT,
}
ODD = {"_id": "odd", "user_id": "anna", "status": "SUCCESS", "result": "3 invoices"}
FAILED = {"_id": "failed", "user_id": "anna", "status": "FAILURE", "updated_at": AT}


@pytest.fixture
async def tasks(database: Any) -> AsyncIterator[Database]:
    """The database as the status service's user."""
    client = mongo.connect(database.url("status"), service="test")
    yield mongo.database(client, database.name)
    await mongo.close(client)


@pytest.fixture
async def api(vhost: Any, database: Any) -> AsyncIterator[RunningApi]:
    async with running_api(vhost, database) as running:
        yield running


def silent(_: int) -> None:
    """Nobody listens."""


async def test_success_becomes_done_and_nothing_else_changes(tasks: Database, database: Any) -> None:
    await tasks[COLLECTION].insert_many([BARE, OLD, ODD, FAILED])
    assert await migrate(tasks, silent) == 3
    stored = await stored_tasks(database)
    assert stored == {"failed": FAILED} | {task["_id"]: {**task, "status": "DONE"} for task in (BARE, OLD, ODD)}
    assert await migrate(tasks, silent) == 0
    assert await stored_tasks(database) == stored


async def test_a_migration_that_was_interrupted_goes_on_where_it_was(tasks: Database) -> None:
    await tasks[COLLECTION].insert_many({"_id": f"old-{n}", "status": "SUCCESS"} for n in range(2_300))

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await migrate(tasks, interrupted)
    left = await tasks[COLLECTION].count_documents({"status": "SUCCESS"})
    assert 0 < left < 2_300
    told: list[int] = []
    assert await migrate(tasks, told.append) == left
    assert told == [1_000, 1_300]
    assert await tasks[COLLECTION].count_documents({"status": "DONE"}) == 2_300


async def test_the_job_migrates_and_makes_the_indexes_as_the_services_own_user(
    tasks: Database, vhost: Any, database: Any
) -> None:
    await tasks[COLLECTION].insert_one(OLD)
    code, told = await run_job("migrate", vhost.url("status"), database.url("status"), database.name)
    assert (code, told) == (0, {"result": {"migrated": 1}})
    assert "status_1" in await tasks[COLLECTION].index_information()


async def test_the_job_says_in_one_sentence_that_the_database_is_away(vhost: Any, database: Any) -> None:
    code, told = await run_job("migrate", vhost.url("status"), "mongodb://127.0.0.1:1", database.name)
    assert (code, told) == (
        1,
        {"error": "The database is unavailable. Run the command again; it continues where it stopped."},
    )


async def test_success_is_counted_as_done(tasks: Database) -> None:
    await tasks[COLLECTION].insert_many([BARE, FAILED, {"_id": "done", "status": "DONE"}])
    counted = await TaskRepository(tasks).count_terminal()
    assert counted == {"DONE": 2, "FAILURE": 1, "CANCELLED": 0}


async def test_the_api_reads_documents_without_the_newer_fields(api: RunningApi, tasks: Database) -> None:
    await tasks[COLLECTION].insert_many([BARE, OLD, ODD, FAILED])
    anna = api.client("anna")
    old = (await anna.get("/v1/scans/old")).json()
    assert (old["status"], old["progress"], old["current_status"]) == ("DONE", 100, "Scan finished")
    assert (old["created_at"], old["completed_at"]) == ("2021-05-01T12:00:00.000Z", "2021-05-01T12:05:00.000Z")
    assert (old["result"]["invoices"], old["history"], old["version"]) == (3, [], 0)
    odd = (await anna.get("/v1/scans/odd")).json()
    assert (odd["status"], odd["progress"], odd["result"]) == ("DONE", 100, None)
    assert odd["current_status"] == "Email scan completed successfully"
    assert (await anna.get("/v1/scans/bare")).status_code == 404, "it is nobody's"
    assert (await anna.get("/v1/scans/stats")).json()["DONE"] == 2


async def test_pages_hold_tasks_without_a_time_last_and_once(api: RunningApi, tasks: Database) -> None:
    untimed = [{"_id": f"old-{n}", "user_id": "anna", "status": "SUCCESS"} for n in range(4)]
    timed = [{**OLD, "_id": f"new-{n}", "task_id": f"new-{n}", "created_at": AT} for n in range(3)]
    await tasks[COLLECTION].insert_many([*untimed, *timed])
    seen: list[str] = []
    path: str | None = "/v1/scans?status=DONE&limit=2"
    while path is not None:
        page = (await api.client("anna").get(path)).json()
        seen += [task["task_id"] for task in page["items"]]
        path = f"/v1/scans?status=DONE&limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert seen == ["new-2", "new-1", "new-0", "old-3", "old-2", "old-1", "old-0"]


async def test_late_events_leave_a_legacy_task_ended_and_the_service_alive(
    tasks: Database, vhost: Any, database: Any
) -> None:
    await tasks[COLLECTION].insert_many([BARE, {**OLD, "user_id": None, "started_at": None}])
    events = [event for name in ("bare", "old") for event in Scan(name).whole()]
    async with changes(vhost) as heard, status_service(vhost, database) as http:
        await publish(vhost, raw(events))
        await heard.until_all(2)
        await publish(vhost, raw(Scan("new").whole()))
        await heard.until_all(3)
        await eventually(lambda: ready(http))
    stored = await stored_tasks(database)
    assert [stored[name]["status"] for name in ("bare", "old", "new")] == ["SUCCESS", "SUCCESS", "DONE"]
    assert {task["status"] for task in heard.items if task["task_id"] in ("bare", "old")} == {"DONE"}
    assert stored["old"]["completed_at"] == OLD["completed_at"]


async def run_job(job: str, amqp_url: str, mongo_url: str, name: str) -> tuple[int | None, dict[str, Any]]:
    """The exit code and the last line of a job."""
    settings = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": name}
    with output_of(f"job {job}") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.status.maintenance", job),
            env={**os.environ, **{f"MAILTALLY_{key}": value for key, value in settings.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        async with patience():
            output, _ = await process.communicate()
    return process.returncode, json.loads(output.splitlines()[-1])
