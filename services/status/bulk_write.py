"""Unordered bulk writes with optimistic locking: a task is written where its version is still the
one folded over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.errors import BSONError
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, WTimeoutError

from services.status.merge_rules import TaskDocument
from services.status.outcome import PendingChange
from shared.mongo import DUPLICATE_KEY, Collection, Document

_MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
UNENCODABLE = (BSONError, OverflowError, UnicodeError)
"""Errors of encoding a document that BSON cannot hold."""


@dataclass(slots=True)
class BulkResult:
    """Result of a bulk write per task.

    Tasks in none of the three have an unknown outcome and must be read again.
    """

    committed: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    """Not written: a document exists where none was expected."""
    unstorable: dict[str, str] = field(default_factory=dict)
    """Not written, and never will be: the reason, in words that do not quote the document."""


async def bulk_write(tasks: Collection, changes: Mapping[str, PendingChange]) -> BulkResult:
    """Write all that can be written.

    Raises one of `shared.mongo.UNAVAILABLE` if no majority is known to have it.

    MongoDB names the inserts that met a document of that id, but only counts the updates that found
    their version: if one did not, the outcome of all of them is unknown.
    """
    try:
        result = await tasks.bulk_write([_operation(change) for change in changes.values()], ordered=False)
    except BulkWriteError as error:
        return _result_of_errors(list(changes), error.details)
    except (*UNENCODABLE, OperationFailure):
        # One such document keeps the driver from sending any of them, or the server from reading any.
        reasons = {task_id: _unstorable_reason(change.folded.document) for task_id, change in changes.items()}
        if not any(reasons.values()):
            raise
        return BulkResult(unstorable={task_id: reason for task_id, reason in reasons.items() if reason is not None})
    is_complete = result.matched_count + result.inserted_count == len(changes)
    return BulkResult(committed=list(changes) if is_complete else [])


def _result_of_errors(task_ids: list[str], details: Mapping[str, Any]) -> BulkResult:
    if details["writeConcernErrors"]:
        raise WTimeoutError("no majority has the write yet")
    result = BulkResult()
    failed = {task_ids[item["index"]]: item["code"] for item in details["writeErrors"]}
    for task_id, code in failed.items():
        if code == DUPLICATE_KEY:
            result.existing.append(task_id)
        else:
            result.unstorable[task_id] = f"the database refused it with code {code}"
    if details["nMatched"] + details["nInserted"] == len(task_ids) - len(failed):
        result.committed += [task_id for task_id in task_ids if task_id not in failed]
    return result


def _operation(change: PendingChange) -> InsertOne[Document] | UpdateOne:
    before, after = change.before, change.folded.document
    if before is None:
        return InsertOne(after)
    return UpdateOne({"_id": before["_id"], "version": before.get("version")}, _update(before, after))


def _update(before: TaskDocument, after: TaskDocument) -> dict[str, Any]:
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    removed = before.keys() - after.keys()
    return {"$set": changed, "$unset": dict.fromkeys(removed, "")} if removed else {"$set": changed}


def _unstorable_reason(document: TaskDocument) -> str | None:
    """Return why the document cannot be stored; None if it can."""
    try:
        size = len(bson.encode(document))
    except UNENCODABLE as error:
        return f"it cannot be stored ({type(error).__name__})"
    return "it makes the document larger than 16 MiB" if size > _MAX_DOCUMENT_BYTES else None
