"""Migration of the tasks of an older system: SUCCESS becomes DONE."""

from collections.abc import Callable

from services.status.repository import COLLECTION
from shared.events import LEGACY_DONE, TaskStatus
from shared.mongo import Database

_BATCH = 1_000


async def migrate(database: Database, report: Callable[[int], None]) -> int:
    """Turn every SUCCESS into DONE in batches; report the number so far, and return how many were
    migrated.

    It may be interrupted, repeated, and run while the system works: what still has SUCCESS is left
    to do. Nothing else is written, not even `version`: readers have taken SUCCESS for DONE all
    along, and the fold never writes the status of a task that has ended.
    """
    tasks = database[COLLECTION]
    migrated = 0
    while ids := [task["_id"] async for task in tasks.find({"status": LEGACY_DONE}, {"_id": 1}).limit(_BATCH)]:
        done = {"$set": {"status": TaskStatus.DONE.value}}
        result = await tasks.update_many({"_id": {"$in": ids}, "status": LEGACY_DONE}, done)
        migrated += result.modified_count
        report(migrated)
    return migrated
