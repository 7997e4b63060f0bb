"""The write path through the real database: two writers at once, and every document as the statement says."""

import asyncio
import random
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.status.repository import Batch, Outcome, TaskRepository
from shared import mongo
from shared.events import Event
from tests.property.expected import ENDS, expected_task
from tests.property.histories import batches
from tests.property.test_fold import canonical
from tests.support.events import Scan

pytestmark = pytest.mark.timeout(180)


class TwoWriters:
    """Two repositories with a connection each, as two replicas have."""

    def __init__(self, database: Any) -> None:
        self._clients = [mongo.connect(database.url("status"), service="test") for _ in range(2)]
        self._databases = [mongo.database(client, database.name) for client in self._clients]

    async def write(self, *shares: list[Batch]) -> list[Outcome]:
        """Each writes its batches one after the other, both at the same time."""

        async def work(database: mongo.Database, share: list[Batch]) -> list[Outcome]:
            repository = TaskRepository(database)
            return [await repository.write(batch) for batch in share]

        return list(chain(*await asyncio.gather(*map(work, self._databases, shares))))

    async def take_tasks(self) -> dict[str, dict[str, Any]]:
        """All tasks, and an empty collection for the next example."""
        tasks = self._databases[0]["scanning_tasks"]
        found = {task["_id"]: task async for task in tasks.find()}
        await tasks.delete_many({})
        return found

    def close(self) -> None:
        for client in self._clients:
            client.close()


def one_task(parts: list[list[Event[Any]]]) -> list[Batch]:
    return [{part[0].data.task_id: part} for part in parts]


def test_two_writers_at_once_give_the_stated_document(database: Any) -> None:
    with asyncio.Runner() as runner:

        async def connect() -> TwoWriters:
            return TwoWriters(database)

        writers = runner.run(connect())

        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(batches(), batches())
        def check(first: list[list[Event[Any]]], second: list[list[Event[Any]]]) -> None:
            async def both() -> tuple[dict[str, Any], int]:
                await writers.take_tasks()
                outcomes = await writers.write(one_task(first), one_task(second))
                (task,) = (await writers.take_tasks()).values()
                return task, sum(len(outcome.written) for outcome in outcomes)

            task, reported = runner.run(both())
            arrived = [*chain(*first), *chain(*second)]
            ends = [event for event in arrived if isinstance(event.data, ENDS)]
            stated = [expected_task(arrived, end) for end in ends] or [expected_task(arrived, None)]
            assert canonical(task) in map(canonical, stated)
            assert task["version"] <= reported <= len(first) + len(second)

        try:
            check()
        finally:
            writers.close()


async def test_two_writers_that_hold_the_same_events_in_other_orders_agree(database: Any) -> None:
    scans = [Scan(f"task-{n}") for n in range(30)]
    writers = TwoWriters(database)

    def share(seed: int) -> list[Batch]:
        events = [event for scan in scans for event in scan.whole()]
        random.Random(seed).shuffle(events)  # noqa: S311 (any order will do)
        cut = [events[start : start + 25] for start in range(0, len(events), 25)]
        return [
            {id_: [e for e in part if e.data.task_id == id_] for id_ in {e.data.task_id for e in part}} for part in cut
        ]

    try:
        outcomes = await writers.write(share(1), share(2))
        tasks = await writers.take_tasks()
    finally:
        writers.close()
    assert len(tasks) == 30
    for scan in scans:
        whole = scan.whole()
        assert canonical(tasks[scan.task_id]) == canonical(expected_task(whole, whole[-1]))
    ignored = sum(len(outcome.without_effect) for outcome in outcomes)
    effects = [why for outcome in outcomes for written in outcome.written for why in written.ignored]
    assert ignored + len(effects) == 600, "every event of both is accounted for"
    assert not any(outcome.refused for outcome in outcomes)


async def test_what_cannot_be_stored_is_refused_alone(database: Any) -> None:
    good, bad = Scan("good"), Scan("bad")
    result = bad.completed().data.result
    unstorable = [
        bad.completed(result=result.model_copy(update={"messages": 2**63})),
        bad.completed(n=21, result=result.model_copy(update={"totals": {"EUR\0": "1.00"}})),
    ]
    writers = TwoWriters(database)
    try:
        (outcome,) = await writers.write([{"bad": [bad.requested(), *unstorable, bad.started()], "good": good.whole()}])
        tasks = await writers.take_tasks()
    finally:
        writers.close()
    assert [refused.event for refused in outcome.refused] == unstorable
    assert tasks["good"]["status"] == "DONE"
    assert tasks["bad"]["status"] == "PROGRESS"


async def test_the_indexes_of_the_collection_are_made(database: Any) -> None:
    client = mongo.connect(database.url("status"), service="test")
    try:
        tasks = mongo.database(client, database.name)
        await TaskRepository(tasks).prepare()
        keys = [list(index["key"]) for index in (await tasks["scanning_tasks"].index_information()).values()]
    finally:
        client.close()
    names = [[name for name, _ in key] for key in keys]
    assert names == [
        ["_id"],
        ["user_id", "created_at", "_id"],
        ["status"],
        ["account_id", "status"],
        ["updated_at"],
        ["status", "cancel_requested_at"],
    ]
