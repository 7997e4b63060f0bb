"""What MongoDB refuses is tried once more, alone, and takes nothing along."""

from typing import Any

import pytest
from pymongo import MongoClient

from services.status.outcome import BatchOutcome
from services.status.repository import COLLECTION, TaskRepository
from shared import mongo
from shared.events import Event
from tests.support.events import Scan

_DOCUMENT_VALIDATION_FAILURE = 121


@pytest.fixture
def refusing(database: Any) -> Any:
    """The collection refuses tasks with a certain error, as it might for a reason that nobody has thought of."""
    with MongoClient[dict[str, Any]](database.url("administrator")) as client:
        client[database.name].create_collection(COLLECTION, validator={"error": {"$ne": "refuse me"}})
    return database


async def written(database: Any, events: list[Event[Any]]) -> tuple[BatchOutcome, dict[str, Any]]:
    client = mongo.connect(database.url("status"), service="test")
    try:
        tasks = mongo.database(client, database.name)
        batch: dict[str, list[Event[Any]]] = {}
        for event in events:
            batch.setdefault(event.data.task_id, []).append(event)
        outcome = await TaskRepository(tasks).write(batch)
        return outcome, {task["_id"]: task["status"] async for task in tasks[COLLECTION].find()}
    finally:
        await mongo.close(client)


async def test_an_event_that_the_database_refuses_is_refused_alone_with_the_code(refusing: Any) -> None:
    good, bad = Scan("good"), Scan("bad")
    poison = bad.failed(error="refuse me")
    outcome, statuses = await written(refusing, [bad.requested(), bad.started(), poison, *good.whole()])
    assert [(item.event, item.reason) for item in outcome.refused] == [
        (poison, f"the database refused it with code {_DOCUMENT_VALIDATION_FAILURE}")
    ]
    assert statuses == {"good": "DONE", "bad": "PROGRESS"}
    ignored = [why for item in outcome.committed for why in item.ignored]
    assert ignored == [None] * 12, "every other event is part of a commit"


async def test_an_event_that_was_refused_for_its_company_is_written(refusing: Any) -> None:
    bad = Scan("bad")
    poison, end = bad.failed(error="refuse me"), bad.completed(n=21)
    outcome, statuses = await written(refusing, [poison, end])
    assert [item.event for item in outcome.refused] == [poison]
    assert statuses == {"bad": "DONE"}


async def test_a_stored_task_that_makes_no_sense_costs_its_own_events_only(database: Any) -> None:
    strange, good = Scan("strange"), Scan("good")
    left = {"_id": "strange", "status": "PROGRESS", "progress": "50", "history": [{"event_id": "x"}]}
    with MongoClient[dict[str, Any]](database.url("administrator")) as client:
        client[database.name][COLLECTION].insert_one(left)
    late = strange.progressed(3, 60)
    outcome, statuses = await written(database, [late, *good.whole()])
    assert [(item.event, item.reason) for item in outcome.refused] == [
        (late, "the stored task cannot be read (TypeError)")
    ]
    assert statuses == {"strange": "PROGRESS", "good": "DONE"}
