"""What the metrics tell of all tasks and of the database beneath them."""

import datetime as dt
from typing import Any

from pymongo import AsyncMongoClient

from shared.events import utc_now
from tests.support.status_service import metric, status_service
from tests.support.waiting import eventually

HOUR = 3600.0


async def test_the_longest_silence_and_the_disk_are_measured(vhost: Any, database: Any) -> None:
    now = utc_now()
    tasks: list[dict[str, Any]] = [
        {"_id": "quiet", "status": "PROGRESS", "updated_at": now - dt.timedelta(hours=1)},
        {"_id": "busy", "status": "PROGRESS", "updated_at": now},
        {"_id": "of an older system", "status": "PROGRESS"},
        {"_id": "over", "status": "DONE", "updated_at": now - dt.timedelta(days=1)},
    ]
    async with AsyncMongoClient[dict[str, Any]](database.url("status")) as client:
        await client[database.name]["scanning_tasks"].insert_many(tasks)
    async with status_service(vhost, database) as http:

        async def measured() -> bool:
            """Each of the three, which are asked for side by side."""
            silence = await metric(http, "mailtally_task_silence_seconds", status="PROGRESS")
            ended = await metric(http, "mailtally_tasks", status="DONE")
            return bool(silence and ended and await metric(http, "mailtally_database_disk_total_bytes"))

        await eventually(measured)
        assert await metric(http, "mailtally_tasks", status="DONE") == 1
        assert await metric(http, "mailtally_tasks", status="PROGRESS") == 3
        silence = await metric(http, "mailtally_task_silence_seconds", status="PROGRESS")
        assert HOUR <= silence <= HOUR + (utc_now() - now).total_seconds()
        assert await metric(http, "mailtally_task_silence_seconds", status="PENDING") == 0
        used = await metric(http, "mailtally_database_disk_used_bytes")
        assert 0 < used < await metric(http, "mailtally_database_disk_total_bytes")
