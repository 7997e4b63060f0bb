"""Old tasks go when an administrator asks, by the one service that writes tasks, and do not come back."""

import datetime as dt
from typing import Any

from shared.events import utc_now
from shared.mongo import Database
from tests.support.events import Scan
from tests.support.rebuilding import mended, verified
from tests.support.running_api import a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.status_service import has_handled, publish, raw, status_service
from tests.support.waiting import eventually


async def until_left(database: Database, wanted: set[str]) -> None:
    """Return when these tasks are left, and no others."""

    async def are_left() -> bool:
        return {task["_id"] async for task in database["scanning_tasks"].find()} == wanted

    await eventually(are_left)


async def test_old_tasks_that_have_ended_are_removed_and_everything_else_stays(
    vhost: Vhost, database: TestDatabase
) -> None:
    async with running_api(vhost, database) as api, status_service(vhost, database):
        anna, operator = api.client("anna"), api.client("operator", admin=True)
        now = utc_now()
        long_ago, lately = now - dt.timedelta(days=100), now - dt.timedelta(days=1)
        ended: dict[str, Any] = {}
        for name, changes in {
            "old": {"status": "DONE", "completed_at": long_ago},
            "legacy": {"status": "SUCCESS", "completed_at": long_ago},
            "new": {"status": "FAILURE", "completed_at": lately},
            "running": {"status": "PROGRESS", "created_at": long_ago},
        }.items():
            account_id = await add_mailbox(anna)
            task = (await anna.post(f"/v1/accounts/{account_id}/scans")).json()
            ended[name] = task["task_id"]
            tasks = api.database["scanning_tasks"]
            await tasks.replace_one({"_id": task["task_id"]}, a_task(task, **changes), upsert=True)
        everything = set(ended.values())

        counted = await operator.post("/v1/admin/tasks/cleanup", json={"older_than_days": 90, "dry_run": True})
        assert (counted.status_code, counted.json()["tasks"]) == (202, 2)
        await until_left(api.database, everything)
        answer = await operator.post("/v1/admin/tasks/cleanup", json={"older_than_days": 90})
        assert (answer.status_code, answer.json()["tasks"]) == (202, 2)
        await until_left(api.database, {ended["new"], ended["running"]})
        listed = (await anna.get("/v1/scans")).json()["items"]
        assert {task["task_id"] for task in listed} == {ended["new"], ended["running"]}
        assert (await anna.get(f"/v1/scans/{ended['old']}")).status_code == 404
        (entry,) = (await operator.get("/v1/admin/audit")).json()["items"]
        assert (entry["action"], entry["details"]) == ("tasks.cleanup", {"older_than_days": 90})


async def test_a_rebuild_leaves_removed_tasks_alone(vhost: Vhost, database: TestDatabase) -> None:
    async with running_api(vhost, database) as api, status_service(vhost, database) as status:
        scans = [Scan("one"), Scan("two")]
        events = [event for scan in scans for event in scan.whole()]
        await publish(vhost, raw(events[:-1]))  # the last scan has not ended
        await eventually(lambda: has_handled(status, len(events) - 1))
        await api.client("operator", admin=True).post("/v1/admin/tasks/cleanup", json={"older_than_days": 1})
        await until_left(api.database, {"two"})
        assert (await verified(vhost, database)).different == 0
        await api.database["scanning_tasks"].delete_many({})
        findings = await mended(vhost, database)
        assert (findings.different, findings.mended) == (1, 1)
        await until_left(api.database, {"two"})
