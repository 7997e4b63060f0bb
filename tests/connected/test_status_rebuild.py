"""The stored tasks against the stream of events: compared and mended, also while the system works."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from pymongo import AsyncMongoClient

from services.status.rebuild.rebuild import RebuildReport
from services.status.repository import COLLECTION
from shared.events import Event, decode
from shared.messaging.event_log import EventLog
from tests.support.events import START, Scan, a_result
from tests.support.rebuilding import mended, verified
from tests.support.status_service import Raw, changes, metric, publish, raw, status_service, stored_tasks
from tests.support.waiting import eventually

LEGACY = {"_id": "legacy", "status": "SUCCESS"}


@asynccontextmanager
async def administrator(database: Any) -> AsyncIterator[Any]:
    """The collection, for somebody who may do anything with it."""
    async with AsyncMongoClient[dict[str, Any]](database.url("administrator"), tz_aware=True) as client:
        yield client[database.name][COLLECTION]


def named(findings: RebuildReport) -> dict[str, set[str]]:
    return {difference.task_id: set(difference.fields) for difference in findings.differences}


def without_version(tasks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {name: value for name, value in task.items() if name != "version"} for key, task in tasks.items()}


def many_scans() -> tuple[list[Scan], list[Event[Any]]]:
    """Forty scans, some with two ends, a wish to cancel or a word after the end; everything twice, in any order."""
    scans = [Scan(f"task-{n}") for n in range(40)]
    events = [event for scan in scans for event in scan.whole()]
    events += [scan.cancelled(n=21, result=a_result(messages=9)) for scan in scans[::3]]
    events += [scan.failed(n=22) for scan in scans[::4]]
    events += [scan.cancel_requested() for scan in scans[::5]]
    events = [*events, *events]
    random.Random(3).shuffle(events)  # noqa: S311 (any order will do)
    return scans, events


async def fill(vhost: Any, database: Any) -> None:
    """Have the real service write many tasks, beside a legacy one and poison."""
    scans, events = many_scans()
    poison = [("scan.started.v1", b"{"), ("invoice.found.v1", b"{}")]
    too_large = scans[0].completed(n=50, result=a_result().model_copy(update={"messages": 2**63}))
    async with administrator(database) as tasks:
        await tasks.insert_one(LEGACY)
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, [*poison, *raw([too_large]), *raw(events)])
        await heard.until(lambda: len({task["task_id"] for task in heard.items}) == 40)
        # Everything was taken when the last scan, published after all of them, has ended.
        await publish(vhost, raw(Scan("last").whole()))
        await heard.until(lambda: any(task["task_id"] == "last" and task["status"] == "DONE" for task in heard.items))


async def test_what_the_service_has_written_is_what_the_stream_says(vhost: Any, database: Any) -> None:
    await fill(vhost, database)
    before = await stored_tasks(database)
    findings = await verified(vhost, database)
    assert (findings.tasks, findings.different, findings.unsettled, findings.incomplete) == (41, 0, 0, 0)
    assert findings.events > 800
    assert (await mended(vhost, database)).mended == 0
    assert await stored_tasks(database) == before


async def test_what_was_tampered_with_is_named_and_then_mended(vhost: Any, database: Any) -> None:
    await fill(vhost, database)
    before = await stored_tasks(database)
    async with administrator(database) as tasks:
        await tasks.update_one({"_id": "task-1"}, {"$set": {"progress": 7, "note": "x"}})
        await tasks.update_one({"_id": "task-2"}, {"$unset": {"history": "", "_ended_by": ""}})
        await tasks.update_one({"_id": "task-7"}, {"$set": {"status": "PENDING"}})
        await tasks.update_one({"_id": "task-8"}, {"$set": {"history": [1, {"event_id": 2}], "_ended_by": None}})
        await tasks.update_one({"_id": "task-10"}, {"$set": {"history": "x"}})
        await tasks.delete_one({"_id": "task-11"})
    tampered = await stored_tasks(database)
    findings = await verified(vhost, database)
    told = named(findings)
    assert told.pop("task-11") == before["task-11"].keys() - {"version"}
    assert told == {"task-1": {"progress", "note"}, "task-2": {"history", "_ended_by"}, "task-7": {"status"}} | {
        "task-8": {"history", "_ended_by"},
        "task-10": {"history"},
    }
    assert await stored_tasks(database) == tampered, "a look changes nothing"
    assert ((run := await mended(vhost, database)).different, run.mended, run.unsettled) == (6, 6, 0)
    after = await stored_tasks(database)
    assert without_version(after) == without_version(before)
    assert after["task-1"]["version"] == before["task-1"]["version"] + 1
    assert after["legacy"] == LEGACY
    assert (await verified(vhost, database)).different == 0


def without(lost: set[str]) -> type[EventLog]:
    """The stream without the events of these ids."""

    class Lossy(EventLog):
        async def read_new(self) -> AsyncIterator[list[bytes]]:
            async for bodies in super().read_new():
                yield [body for body in bodies if decode(body).id not in lost]

    return Lossy


async def test_a_task_that_knows_of_an_event_which_the_stream_has_lost_is_left_alone(vhost: Any, database: Any) -> None:
    """RabbitMQ may lose what it had confirmed to a stream when it is killed; the queue of the service has it."""
    started, ended = Scan("started"), Scan("ended")
    async with changes(vhost) as heard, status_service(vhost, database):
        await publish(vhost, raw([*started.whole(), *ended.whole()]))
        await heard.until_all(2)
    before = await stored_tasks(database)
    lost = {started.started().id, ended.completed().id}
    findings = await mended(vhost, database, without(lost))
    assert (findings.tasks, findings.different, findings.lacking, findings.mended) == (2, 0, 2, 0)
    assert await stored_tasks(database) == before


async def test_a_lost_collection_is_made_again(vhost: Any, database: Any) -> None:
    await fill(vhost, database)
    before = await stored_tasks(database)
    async with administrator(database) as tasks:
        await tasks.delete_many({})
    assert (await mended(vhost, database)).mended == 41
    after = without_version(await stored_tasks(database))
    ended = {key: task for key, task in without_version(before).items() if key != "legacy"}
    assert after.keys() == ended.keys()
    one_end = {key for key, task in ended.items() if after[key]["_ended_by"] == task["_ended_by"]}
    assert len(one_end) >= 20
    assert {key: after[key] for key in one_end} == {key: ended[key] for key in one_end}


def committed(told: Sequence[Raw], http: httpx.AsyncClient) -> type[EventLog]:
    """The stream, where a second look waits until the service has committed what was `told` before it."""

    class Committed(EventLog):
        async def has_backlog(self, queue_name: str) -> bool:
            before = len(told)

            async def caught_up() -> bool:
                return await metric(http, "mailtally_status_batch_events_sum") >= before

            await eventually(caught_up)
            return await super().has_backlog(queue_name)

    return Committed


async def test_nothing_differs_and_nothing_is_lost_while_events_go_on(vhost: Any, database: Any) -> None:
    published: list[str] = []
    told: list[Raw] = []

    async def traffic() -> None:
        while True:
            scans = [Scan(f"live-{len(published) + n}") for n in range(10)]
            published.extend(scan.task_id for scan in scans)
            for events in zip(*(scan.whole() for scan in scans), strict=True):
                await publish(vhost, raw(events))
                told.extend(raw(events))

    await fill(vhost, database)
    async with changes(vhost) as heard, status_service(vhost, database) as http:
        going = asyncio.create_task(traffic())
        try:
            await heard.until(lambda: len(heard.items) > 0)
            findings = await verified(vhost, database, committed(told, http))
            assert (findings.different, findings.unsettled) == (0, 0)
            async with administrator(database) as tasks:
                await tasks.update_one({"_id": "task-1"}, {"$set": {"progress": 7}})
            findings = await mended(vhost, database, committed(told, http))
            assert (named(findings), findings.mended) == ({"task-1": {"progress"}}, 1)
            assert findings.tasks > 41
        finally:
            going.cancel()
            with suppress(asyncio.CancelledError):
                await going
        await publish(vhost, raw(event for task_id in published for event in Scan(task_id).whole()))
        await heard.until_all(len(published))
    stored = await stored_tasks(database)
    assert {stored[task_id]["status"] for task_id in published} == {"DONE"}
    assert (await verified(vhost, database)).different == 0


class ForgetfulLog(EventLog):
    """A stream that has grown too old to know its first events."""

    async def read_new(self) -> AsyncIterator[list[bytes]]:
        async for bodies in super().read_new():
            forgotten = 3 if self.first_offset == 0 else 0
            self.first_offset = 3
            yield bodies[forgotten:]


async def test_tasks_whose_beginning_the_stream_has_forgotten_are_left_alone(vhost: Any, database: Any) -> None:
    old, new = Scan("old"), Scan("new", start=START + dt.timedelta(hours=1))
    async with changes(vhost) as heard, status_service(vhost, database):
        for number, scan in enumerate((old, new), 1):
            await publish(vhost, raw(scan.whole()))
            await heard.until_all(number)
    async with administrator(database) as tasks:
        await tasks.update_many({}, {"$set": {"progress": 7}})
    findings = await mended(vhost, database, ForgetfulLog)
    assert (findings.tasks, findings.incomplete, findings.mended) == (2, 1, 1)
    assert {key: task["progress"] for key, task in (await stored_tasks(database)).items()} == {"old": 7, "new": 100}
