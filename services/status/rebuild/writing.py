"""Writes of repaired tasks, with optimistic locking like every other write of a task."""

from collections.abc import Sequence

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.status.rebuild.comparison import ComparedTask
from shared.mongo import Collection, Document, duplicate_key_indexes


async def write_rebuilt(tasks: Collection, compared: Sequence[ComparedTask]) -> int:
    """Write the rebuilt tasks, and return how many no other writer had changed before."""
    if not compared:
        return 0
    try:
        result = await tasks.bulk_write([_operation(task) for task in compared], ordered=False)
    except BulkWriteError as error:
        duplicate_key_indexes(error)
        return int(error.details["nMatched"] + error.details["nInserted"])
    return result.matched_count + result.inserted_count


def _operation(task: ComparedTask) -> InsertOne[Document] | UpdateOne:
    if task.stored is None:
        return InsertOne({**task.rebuilt, "version": 1})
    version = task.stored.get("version")
    values = {name: task.rebuilt[name] for name in task.fields if name in task.rebuilt}
    removed = {name: "" for name in task.fields if name not in task.rebuilt}
    update: Document = {"$set": {**values, "version": (version or 0) + 1}, **({"$unset": removed} if removed else {})}
    return UpdateOne({"_id": task.task_id, "version": version}, update)
