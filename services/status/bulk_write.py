"""One unordered bulk of compare and swap: each task is written where its version is still the one folded over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.errors import BSONError
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, WTimeoutError

from services.status.merge_rules import TaskDocument
from services.status.outcome import Attempt
from shared.mongo import Collection, Document

_DUPLICATE_KEY = 11000
_LARGEST_BYTES = 16 * 1024 * 1024
_UNENCODABLE = (BSONError, OverflowError, UnicodeError)


@dataclass(slots=True)
class Stored:
    """What is known of each task after a bulk; of those in none of the three, nothing."""

    committed: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    """Not written: there is a document where none was expected."""
    impossible: dict[str, str] = field(default_factory=dict)
    """Not written, and never will be: the reason, in words that do not quote the document."""


async def store(tasks: Collection, attempts: Mapping[str, Attempt]) -> Stored:
    """Write all that can be written. Raises one of `shared.mongo.UNAVAILABLE` if no majority is known to have it.

    MongoDB names the inserts that met a document of that id, but tells only how many updates found their version: if
    one did not, nothing is known of any.
    """
    try:
        result = await tasks.bulk_write([_operation(attempt) for attempt in attempts.values()], ordered=False)
    except BulkWriteError as error:
        return _after_errors(list(attempts), error.details)
    except (*_UNENCODABLE, OperationFailure):
        # One such document keeps the driver from sending any of them, or the server from reading any.
        faults = {task_id: _fault(attempt.folded.document) for task_id, attempt in attempts.items()}
        if not any(faults.values()):
            raise
        return Stored(impossible={task_id: fault for task_id, fault in faults.items() if fault is not None})
    is_whole = result.matched_count + result.inserted_count == len(attempts)
    return Stored(committed=list(attempts) if is_whole else [])


def _after_errors(task_ids: list[str], details: Mapping[str, Any]) -> Stored:
    if details["writeConcernErrors"]:
        raise WTimeoutError("no majority has the write yet")
    stored = Stored()
    failed = {task_ids[item["index"]]: item["code"] for item in details["writeErrors"]}
    for task_id, code in failed.items():
        if code == _DUPLICATE_KEY:
            stored.existing.append(task_id)
        else:
            stored.impossible[task_id] = f"the database refused it with code {code}"
    if details["nMatched"] + details["nInserted"] == len(task_ids) - len(failed):
        stored.committed += [task_id for task_id in task_ids if task_id not in failed]
    return stored


def _operation(attempt: Attempt) -> InsertOne[Document] | UpdateOne:
    before, after = attempt.before, attempt.folded.document
    if before is None:
        return InsertOne(after)
    return UpdateOne({"_id": before["_id"], "version": before.get("version")}, _changes(before, after))


def _changes(before: TaskDocument, after: TaskDocument) -> dict[str, Any]:
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    gone = before.keys() - after.keys()
    return {"$set": changed, "$unset": dict.fromkeys(gone, "")} if gone else {"$set": changed}


def _fault(document: TaskDocument) -> str | None:
    """Why the driver refuses the document, if it does."""
    try:
        size = len(bson.encode(document))
    except _UNENCODABLE as error:
        return f"it cannot be stored ({type(error).__name__})"
    return "it makes the document larger than 16 MiB" if size > _LARGEST_BYTES else None
