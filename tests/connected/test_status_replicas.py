"""Two real processes share the queue, and each is killed in the middle of its work: the tasks are those of one."""

import asyncio
import random
import signal
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from pymongo import AsyncMongoClient

from services.status.repository import COLLECTION
from shared.events import TaskChanged, task_fields
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan
from tests.support.status_process import Replica, replica
from tests.support.status_service import DEAD, all_done, changes, left_in, metric, misfits, publish, raw, stored_tasks
from tests.support.waiting import eventually, patience

UNFINISHED = 200
AT_ONCE = 20
POST_IMAGES = {"enabled": True}
END = "end"


class Traffic:
    """Ever more scans, `UNFINISHED` at most that are not DONE, whose events come in any order and some twice."""

    def __init__(self, vhost: Any, tasks: Any, chance: random.Random) -> None:
        self.scans: list[Scan] = []
        self.over = asyncio.Event()
        self._vhost = vhost
        self._tasks = tasks
        self._chance = chance

    async def flow(self) -> None:
        """Goes on until it is `over`."""
        while not self.over.is_set():
            await eventually(self._may_go_on)
            await self.more()

    async def more(self) -> None:
        first = len(self.scans)
        new = [Scan(f"task-{number}") for number in range(first, first + AT_ONCE)]
        self.scans += new
        messages = raw(event for scan in new for event in scan.whole())
        messages += self._chance.sample(messages, len(messages) // 3)
        self._chance.shuffle(messages)
        await publish(self._vhost, messages)

    async def unfinished(self) -> int:
        return len(self.scans) - int(await self._tasks.count_documents({"status": "DONE"}))

    async def _may_go_on(self) -> bool:
        return self.over.is_set() or await self.unfinished() < UNFINISHED


async def test_two_replicas_are_right_together_also_when_each_is_killed_in_the_middle(
    vhost: Any, database: Any, chance: random.Random
) -> None:
    async with (
        AsyncMongoClient[dict[str, Any]](database.url("administrator"), tz_aware=True) as client,
        changes(vhost) as heard,
        AsyncExitStack() as running,
    ):
        tasks = await client[database.name].create_collection(COLLECTION, changeStreamPreAndPostImages=POST_IMAGES)
        traffic = Traffic(vhost, tasks, chance)
        replicas = [await running.enter_async_context(replica(vhost, database)) for _ in range(2)]
        async with await tasks.watch(full_document="required") as stored:
            async with asyncio.TaskGroup() as group:
                group.create_task(traffic.flow())
                for victim in replicas:
                    await eventually(partial(has_written, victim))
                    victim.signal(signal.SIGSTOP)
                    await traffic.more()
                    await eventually(partial(all_taken, vhost))
                    assert await traffic.unfinished() > 0, "it holds some of their events"
                    victim.signal(signal.SIGKILL)
                    assert await victim.ended() == -signal.SIGKILL
                    successor = await running.enter_async_context(replica(vhost, database))
                    await eventually(partial(has_written, successor))
                traffic.over.set()
            await eventually(partial(all_done, database, len(traffic.scans)))
            assert misfits(await stored_tasks(database), traffic.scans) == []
            await tasks.insert_one({"_id": END})
            async with patience():
                versions = await versions_until_end(stored)
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(vhost, DEAD) == 0
    told = [TaskChanged.model_validate(data) for data in heard.items]
    assert {task.task_id for task in told} <= {scan.task_id for scan in traffic.scans}
    contradictions = [task for task in told if versions.get((task.task_id, task.version)) != task]
    assert told
    assert contradictions == []


async def versions_until_end(stored: Any) -> dict[tuple[str, int], TaskChanged]:
    """Each version that a task has had, as the database itself recorded it."""
    versions = {}
    async for change in stored:
        document = change["fullDocument"]
        if document["_id"] == END:
            break
        versions[document["_id"], document["version"]] = TaskChanged.model_validate(task_fields(document))
    return versions


async def has_written(status: Replica) -> bool:
    return await metric(status.http, "mailtally_status_writes_total") > 0


async def all_taken(vhost: Any) -> bool:
    """Whether all that was published is with one replica or the other."""
    return await left_in(vhost, STATUS_SCAN_EVENTS) == 0
