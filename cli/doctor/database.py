"""How the database is: its replica set, whether a majority takes writes, indexes, and what an older system left."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import IndexModel

from cli.doctor.connections import Ward
from cli.doctor.result import Finding, problem, well
from cli.ui.formatting import count, size
from services.api.indexes import INDEXES as API_INDEXES
from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.runs.indexes import RUN_INDEXES
from services.status.repository import COLLECTION as TASKS
from services.status.repository import INDEXES as TASK_INDEXES
from services.status.watchdog.repository import REDRIVE_INDEXES, REDRIVES
from shared.events import LEGACY_DONE
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


def check_replica_set(ward: Ward) -> Iterator[Finding]:
    """Change streams and majority writes need a replica set, with a primary and members in reach."""
    hello = ward.mongo.admin.command("hello")
    if "setName" not in hello:
        yield problem(
            "MongoDB is no replica set, which live news of tasks need.",
            "start mongod with --replSet rs0 and run rs.initiate() once",
        )
        return
    if "primary" not in hello:
        yield problem(f"The replica set {hello['setName']} has no primary.", "start the members that are down")
        return
    members = ward.mongo.admin.command("replSetGetStatus")["members"]
    away = [member for member in members if member["stateStr"] not in _HEALTHY_STATES]
    for member in away:
        state = member["stateStr"].lower()
        yield problem(f"The member {member['name']} of the replica set is {state}.", "start it, or read its log")
    if not away:
        yield well(f"Replica set {hello['setName']} with {count(len(members), 'member')} and a primary")


def check_majority(ward: Ward) -> Iterator[Finding]:
    """A note in the oplog, of which no collection knows, is written by a majority."""
    began = time.monotonic()
    concern = {"w": "majority", "j": True, "wtimeout": _MAJORITY_MS}
    note = {"appendOplogNote": 1, "data": {"msg": "mailtally doctor"}, "writeConcern": concern}
    answer = ward.mongo.admin.command(note)
    took = time.monotonic() - began
    if "writeConcernError" in answer:
        yield problem("A majority of MongoDB does not take writes.", "start the members that are down")
    else:
        yield well(f"A majority takes writes, one in {took * 1000:.0f} ms")


def check_indexes(ward: Ward) -> Iterator[Finding]:
    """Those that the services make at their start: some are rules, all keep it fast."""
    wrong, seen = False, 0
    for service, indexes in INDEXES.items():
        for collection, models in indexes.items():
            found = {_fields(index["key"].items()): index for index in ward.database[collection].list_indexes()}
            for model in models:
                seen += 1
                if (says := _objection(collection, model, found)) is not None:
                    wrong = True
                    yield problem(says, f"{ward.target.restart(service)}: it makes what is missing")
    if not wrong:
        yield well(count(seen, "index", "indexes"))


def check_legacy(ward: Ward) -> Iterator[Finding]:
    """Tasks of an older system say SUCCESS instead of DONE."""
    left = ward.database[TASKS].count_documents({"status": LEGACY_DONE})
    if left:
        says = f"{count(left, 'scan')} of an older system {'says' if left == 1 else 'say'} SUCCESS instead of DONE."
        yield problem(says, "run mailtally migrate")
    else:
        yield well("No scans of an older system are left to migrate")


def check_database_disk(ward: Ward) -> Iterator[Finding]:
    """The disk of the database, as mongod sees it."""
    stats = ward.database.command("dbStats")
    free = int(stats["fsTotalSize"] - stats["fsUsedSize"])
    if free < _LITTLE_BYTES:
        yield problem(f"MongoDB has only {size(free)} of disk left.", "free disk space on its machine")
    else:
        yield well(f"MongoDB has {size(free)} of disk left")


def _objection(collection: str, model: IndexModel, found: Mapping[Any, Mapping[str, Any]]) -> str | None:
    document = model.document
    key = _fields(document["key"].items())
    named = f"The index ({', '.join(name for name, _ in key)}) of {collection}"
    if key not in found:
        return f"{named} is missing."
    other = [option for option in _COMPARED if found[key].get(option) != document.get(option)]
    return f"{named} has another {' and '.join(other)} than it should." if other else None


def _fields(items: Any) -> tuple[tuple[str, int], ...]:
    return tuple((name, int(order)) for name, order in items)
