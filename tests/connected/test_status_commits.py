"""What two replicas of the running service tell, beside every version that the database has ever held."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient
from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.errors import AutoReconnect

from services.status.repository import COLLECTION
from shared import mongo
from shared.events import TERMINAL, Event, TaskChanged, task_fields
from shared.messaging.topology import STATUS_SCAN_EVENTS
from tests.support.events import Scan, a_result
from tests.support.expected_tasks import ENDS, canonical, expected_task
from tests.support.status_service import (
    DEAD,
    Raw,
    all_done,
    changes,
    close_connections,
    left_in,
    publish,
    raw,
    ready,
    status_service,
    stored_tasks,
    take,
)
from tests.support.waiting import eventually, patience

Commits = dict[str, list[dict[str, Any]]]
"""Task id -> its document after each commit."""


class Watch:
    """Every version of every task, as the database commits it."""

    def __init__(self, stream: AsyncChangeStream[dict[str, Any]]) -> None:
        self._stream = stream

    async def until(self, versions: Mapping[str, int]) -> Commits:
        """All commits up to those that brought the tasks to `versions`."""
        seen: Commits = {}
        async with patience():
            while {task_id: commits[-1]["version"] for task_id, commits in seen.items()} != versions:
                change = await self._stream.next()
                seen.setdefault(change["documentKey"]["_id"], []).append(change["fullDocument"])
        return seen


@asynccontextmanager
async def watch(database: Any) -> AsyncIterator[Watch]:
    """Watches from now on; the collection keeps each version for that, as nobody needs it to in production."""
    async with AsyncMongoClient[dict[str, Any]](database.url("administrator"), tz_aware=True) as client:
        tasks = await client[database.name].create_collection(
            COLLECTION, changeStreamPreAndPostImages={"enabled": True}
        )
        async with await tasks.watch(full_document="required") as stream:
            yield Watch(stream)


def many_events() -> dict[Scan, list[Event[Any]]]:
    """Twenty scans; some have a wish to cancel, a second end of another kind, or a wait."""
    scans = [Scan(f"task-{n}") for n in range(20)]
    events = {scan: scan.whole() for scan in scans}
    for scan in scans[::2]:
        events[scan].append(scan.cancel_requested(second=5))
    for scan in scans[::3]:
        events[scan].append(scan.failed(n=21))
    for scan in scans[::4]:
        events[scan].append(scan.cancelled(n=22, result=a_result(messages=9)))
    for scan in scans[::5]:
        events[scan].append(scan.queued())
    return events


def of_tomorrow(event: Event[Any]) -> Raw:
    """The event in a version that nobody reads yet."""
    said = orjson.loads(event.to_bytes())
    return event.routing_key, orjson.dumps(said | {"type": said["type"].removesuffix("1") + "2"})


async def count(replicas: Sequence[httpx.AsyncClient], name: str) -> float:
    """The sum of a metric's samples over its labels and the replicas."""
    total = 0.0
    for replica in replicas:
        families = text_string_to_metric_families((await replica.get("/metrics")).text)
        total += sum(sample.value for family in families for sample in family.samples if sample.name == name)
    return total


async def test_every_version_is_right_and_what_is_told_was_committed(vhost: Any, database: Any) -> None:
    events = many_events()
    unread = [of_tomorrow(scan.completed(n=30)) for scan in list(events)[:7]]
    messages = [*raw(event for told in events.values() for event in [*told, *told]), *unread]
    random.Random(11).shuffle(messages)  # noqa: S311 (any order will do)
    async with watch(database) as watched, changes(vhost) as heard:
        async with status_service(vhost, database) as one, status_service(vhost, database) as other:
            both = (one, other)
            await publish(vhost, messages)

            async def all_handled() -> bool:
                return await count(both, "mailtally_status_batch_events_sum") >= len(messages)

            await eventually(all_handled)
            effective = await count(both, "mailtally_status_lag_seconds_count")
            ignored = await count(both, "mailtally_status_events_ignored_total")
            assert effective + ignored + len(unread) == len(messages), "each has an effect, a reason or a place"
            dead = await take(vhost, DEAD, len(unread))
            versions = await newest(database)
            await heard.until(lambda: versions.items() <= {(task["task_id"], task["version"]) for task in heard.items})
        commits = await watched.until(versions)
    assert {message.body for message in dead} == {body for _, body in unread}
    for scan, told in events.items():
        assert_right(commits[scan.task_id], told)
    assert_committed(heard.items, commits)


def assert_right(commits: Sequence[dict[str, Any]], told: Sequence[Event[Any]]) -> None:
    assert [task["version"] for task in commits] == list(range(1, len(commits) + 1))
    for task in commits:
        noted = [entry["status"] for entry in task["history"]]
        ended = [status for status in noted if status in TERMINAL]
        assert ended == ([task["status"]] if "_ended_by" in task else [])
        assert (task["status"] in TERMINAL) == bool(ended)
        assert ("started_at" in task) == ("PROGRESS" in noted)
        assert ("scan_type" in task) == any(entry["event_id"] == told[0].id for entry in task["history"])
    for before, task in pairwise(commits):
        assert task["progress"] >= before["progress"] or task["status"] == "FAILURE"
        assert {entry["event_id"] for entry in before["history"]} <= {entry["event_id"] for entry in task["history"]}
        if before["status"] in TERMINAL:
            assert {name: task[name] for name in ("status", "completed_at", "_ended_by")} == {
                name: before[name] for name in ("status", "completed_at", "_ended_by")
            }
    last = commits[-1]
    end = next(event for event in told if event.id == last["_ended_by"])
    assert isinstance(end.data, ENDS)
    assert canonical(last) == canonical(expected_task(told, end))


def assert_committed(seen: Sequence[dict[str, Any]], commits: Commits) -> None:
    for task in seen:
        committed = commits[task["task_id"]][task["version"] - 1]
        assert task == orjson.loads(TaskChanged.model_validate(task_fields(committed)).model_dump_json())


async def test_a_commit_whose_answer_and_acknowledgement_are_lost_is_not_repeated(
    vhost: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service as if it had died between the commit and all that follows it."""
    scans = [Scan(f"task-{n}") for n in range(20)]
    lost = cut_after_the_next_write(monkeypatch, vhost)
    async with watch(database) as watched, changes(vhost) as heard:
        async with status_service(vhost, database) as http:
            await eventually(lambda: ready(http))
            await publish(vhost, raw(event for scan in scans for event in scan.whole()))
            await lost.wait()
            await eventually(lambda: all_done(database, 20))
            await eventually(lambda: came_again(http, vhost, 200))
        commits = await watched.until(await newest(database))
    assert_committed(heard.items, commits)
    for scan in scans:
        assert_right(commits[scan.task_id], scan.whole())
    assert await left_in(vhost, STATUS_SCAN_EVENTS) == 0
    assert await left_in(vhost, DEAD) == 0


def cut_after_the_next_write(monkeypatch: pytest.MonkeyPatch, vhost: Any) -> asyncio.Event:
    """Once the database has carried out the next bulk write, cut the broker's connections and lose the answer."""
    collection: Any = mongo.AsyncIOMotorCollection  # type: ignore[attr-defined]  # the library's, by its one import
    write, lost = collection.bulk_write, asyncio.Event()

    async def bulk_write(tasks: Any, *args: Any, **options: Any) -> Any:
        result = await write(tasks, *args, **options)
        if not lost.is_set():
            lost.set()
            await close_connections(vhost, "status")
            raise AutoReconnect("the answer is lost")
        return result

    monkeypatch.setattr(collection, "bulk_write", bulk_write)
    return lost


async def newest(database: Any) -> dict[str, int]:
    """The version of each task."""
    return {task_id: task["version"] for task_id, task in (await stored_tasks(database)).items()}


async def came_again(http: httpx.AsyncClient, vhost: Any, messages: int) -> bool:
    """Whether more was handled than published, and nothing is left."""
    handled = await count([http], "mailtally_status_batch_events_sum")
    return handled > messages and await left_in(vhost, STATUS_SCAN_EVENTS) == 0
