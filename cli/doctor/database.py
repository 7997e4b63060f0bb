"""Checks of the database: replica set, majority writes, indexes, disk, and scans of an older
version."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import IndexModel

from cli.doctor.connections import ServerConnections
from cli.doctor.result import Finding, ok, problem
from services.api.indexes import INDEXES as API_INDEXES
from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.runs.indexes import RUN_INDEXES
from services.status.repository import COLLECTION as TASKS
from services.status.repository import INDEXES as TASK_INDEXES
from services.status.watchdog.repository import REDRIVE_INDEXES, REDRIVES
from shared.events import LEGACY_DONE
from shared.formatting import count, size
from shared.indexes import Indexes

INDEXES: Mapping[str, Indexes] = {
    "api": API_INDEXES,
    "scanner": {**RUN_INDEXES, **FOUND_INDEXES},
    "status": {TASKS: TASK_INDEXES, REDRIVES: REDRIVE_INDEXES},
}
_COMPARED = ("unique", "expireAfterSeconds", "partialFilterExpression")
_LITTLE_BYTES = 2 * 10**9
_HEALTHY_STATES = ("PRIMARY", "SECONDARY", "ARBITER")
_MAJORITY_MS = 5_000


def check_replica_set(servers: ServerConnections) -> Iterator[Finding]:
    """Check for a replica set with a primary and healthy members: change streams and majority
    writes need it."""
    hello = servers.mongo.admin.command("hello")
    if "setName" not in hello:
        yield problem(
            "MongoDB is not a replica set, which live updates need.",
            "start mongod with --replSet rs0 and run rs.initiate() once",
        )
        return
    if "primary" not in hello:
        yield problem(f"The replica set {hello['setName']} has no primary.", "start the members that are down")
        return
    members = servers.mongo.admin.command("replSetGetStatus")["members"]
    unhealthy = [member for member in members if member["stateStr"] not in _HEALTHY_STATES]
    for member in unhealthy:
        state = member["stateStr"].lower()
        yield problem(f"The replica set member {member['name']} is {state}.", "start it, or read its log")
    if not unhealthy:
        yield ok(f"Replica set {hello['setName']} with {count(len(members), 'member')} and a primary")


def check_majority(servers: ServerConnections) -> Iterator[Finding]:
    """Check that a majority accepts writes, with a note in the oplog that belongs to no
    collection."""
    began = time.monotonic()
    concern = {"w": "majority", "j": True, "wtimeout": _MAJORITY_MS}
    note = {"appendOplogNote": 1, "data": {"msg": "mailtally doctor"}, "writeConcern": concern}
    answer = servers.mongo.admin.command(note)
    took = time.monotonic() - began
    if "writeConcernError" in answer:
        yield problem("No majority of the replica set accepts writes.", "start the members that are down")
    else:
        yield ok(f"A majority accepts writes, one in {took * 1000:.0f} ms")


def check_indexes(servers: ServerConnections) -> Iterator[Finding]:
    """Check the indexes that the services create at their start; some enforce uniqueness."""
    wrong, seen = False, 0
    for service, indexes in INDEXES.items():
        for collection, models in indexes.items():
            actual = {_fields(index["key"].items()): index for index in servers.database[collection].list_indexes()}
            for model in models:
                seen += 1
                if (says := _objection(collection, model, actual)) is not None:
                    wrong = True
                    yield problem(says, f"{servers.target.restart(service)}: it creates missing indexes")
    if not wrong:
        yield ok(count(seen, "index", "indexes"))


def check_legacy(servers: ServerConnections) -> Iterator[Finding]:
    """Check for tasks of an older version that have the status SUCCESS instead of DONE."""
    left = servers.database[TASKS].count_documents({"status": LEGACY_DONE})
    if left:
        says = f"{count(left, 'scan')} of an older version with the status SUCCESS instead of DONE."
        yield problem(says, "run mailtally migrate")
    else:
        yield ok("No scans of an older version to migrate")


def check_database_disk(servers: ServerConnections) -> Iterator[Finding]:
    """Check the free disk space that mongod sees."""
    stats = servers.database.command("dbStats")
    free = int(stats["fsTotalSize"] - stats["fsUsedSize"])
    if free < _LITTLE_BYTES:
        yield problem(f"MongoDB has only {size(free)} of disk left.", "free disk space on its machine")
    else:
        yield ok(f"MongoDB has {size(free)} of disk left")


def _objection(collection: str, model: IndexModel, actual: Mapping[Any, Mapping[str, Any]]) -> str | None:
    document = model.document
    key = _fields(document["key"].items())
    named = f"The index ({', '.join(name for name, _ in key)}) of {collection}"
    if key not in actual:
        return f"{named} is missing."
    other = [option for option in _COMPARED if actual[key].get(option) != document.get(option)]
    return f"{named} has a different {' and '.join(other)} than expected." if other else None


def _fields(items: Any) -> tuple[tuple[str, int], ...]:
    return tuple((name, int(order)) for name, order in items)
