"""The drill's checks that read a database find what is left in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from shared.access import SERVICES
from tests.support.servers import TestDatabase
from tools.drill.checks.leftovers import nothing_held
from tools.drill.checks.permissions import only_status_writes
from tools.stack.stackfile import ServiceUrls

ENDED = {"_id": "ended", "state": "done", "settled": True}


@pytest.fixture
def runs(database: TestDatabase) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](database.url("administrator"), tz_aware=True) as client:
        yield client[database.name]


@pytest.mark.parametrize(
    "left",
    [{"state": "running"}, {"slot": 0}, {"account_key": "a"}, {"settled": False}],
    ids=["open", "slot", "account", "not settled"],
)
def test_a_run_that_holds_something_is_found(runs: Database[dict[str, Any]], left: dict[str, Any]) -> None:
    runs["scan_runs"].insert_one(ENDED)
    assert nothing_held(runs).holds
    runs["scan_runs"].insert_one({**ENDED, "_id": "left", **left})
    (case,) = nothing_held(runs).broken
    assert case.startswith("left: ")


def test_a_service_that_may_write_tasks_without_being_the_status_service_is_found(database: TestDatabase) -> None:
    users = {service: ServiceUrls("", database.url(service)) for service in SERVICES}
    assert only_status_writes(users, database.name).holds
    tampered = only_status_writes({**users, "api": users["status"]}, database.name)
    assert tampered.broken == [f"api: {write} was allowed" for write in ("insert", "update", "delete")]
