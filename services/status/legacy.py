"""Documents of an older system: SUCCESS becomes DONE."""

from collections.abc import Callable

from services.status.repository import COLLECTION
from shared.events import LEGACY_DONE, TaskStatus
from shared.mongo import Database

_AT_ONCE = 1_000


async def migrate(database: Database, report: Callable[[int], None]) -> int:
    """Turn every SUCCESS into DONE, a thousand at a time; returns how many, and reports the number so far.

    What is left to do is what still says SUCCESS, so that it may be interrupted, repeated, and run while the system
    works. Nothing else is written, `version` neither: readers have taken SUCCESS for DONE all along, so that nothing
    changes for them, and the fold never writes the status of a task that has ended.
    """
    tasks = database[COLLECTION]
    migrated = 0
    while batch := [task["_id"] async for task in tasks.find({"status": LEGACY_DONE}, {"_id": 1}).limit(_AT_ONCE)]:
        done = {"$set": {"status": TaskStatus.DONE.value}}
        result = await tasks.update_many({"_id": {"$in": batch}, "status": LEGACY_DONE}, done)
        migrated += result.modified_count
        report(migrated)
    return migrated
