"""Users take turns: whoever has many scans delays another's single one by what is under way, and no more."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.scanner.runs.admission import Admission
from services.scanner.runs.indexes import RUN_INDEXES
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, Policy
from shared.events import utc_now
from shared.indexes import ensure_indexes
from shared.mongo import Database, connect, database
from tests.support.run_documents import a_request
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost

SECONDS = 60.0
LIMIT = 2


@dataclass
class Course:
    """What became of the runs, in the order of the commits: ("came" | "started" | "claimed", task id)."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    active: set[str] = field(default_factory=set)
    most_active: int = 0
    _grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until what was seen is enough: a change stream comes after the event."""
        async with asyncio.timeout(SECONDS), self._grown:
            await self._grown.wait_for(enough)

    async def see(self, change: dict[str, Any]) -> None:
        async with self._grown:
            self._add(change)
            self._grown.notify_all()

    def _add(self, change: dict[str, Any]) -> None:
        task_id = change["documentKey"]["_id"]
        if change["operationType"] == "insert":
            self.steps.append(("came", task_id))
            return
        fields = change["updateDescription"]["updatedFields"]
        if "slot" in fields:
            self.active.add(task_id)
            self.most_active = max(self.most_active, len(self.active))
            self.steps.append(("started", task_id))
        elif "slot" in change["updateDescription"]["removedFields"]:
            self.active.discard(task_id)
        self.steps += [("claimed", task_id) for name in fields if name.endswith(".token")]


@asynccontextmanager
async def watched(db: Database) -> AsyncIterator[Course]:
    """The course of all runs while the context lasts."""
    course = Course()
    await ensure_indexes(db, RUN_INDEXES)
    over = asyncio.Event()
    async with db["scan_runs"].watch(max_await_time_ms=100) as stream:

        async def read() -> None:
            while not over.is_set():
                if (change := await stream.try_next()) is not None:
                    await course.see(change)

        await stream.try_next()  # from here on nothing is missed
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            try:
                yield course
            finally:
                over.set()


@pytest.fixture
async def stage(vhost: Vhost, database: TestDatabase) -> AsyncIterator[Stage]:
    async with a_stage(vhost, database) as stage:
        yield stage


def mail(number: int) -> bytes:
    return an_mbox([a_message(n) for n in range(number)])


async def test_a_single_scan_waits_for_the_slice_under_way_and_then_takes_turns(stage: Stage) -> None:
    """One scanner that does one thing at a time. The heavy user's commands fill its queue: four scans' windows."""
    heavy = [await stage.account(mail(40), user_id="heavy") for _ in range(6)]
    light = await stage.account(mail(20), user_id="light")
    async with watched(stage.db) as course, stage.scanner(scanner_concurrency=1, scanner_units=1):
        tasks = [await stage.request(account, user_id="heavy") for account in heavy]
        await stage.said.until(lambda: sum("scan.started.v1" in stage.said.keys(task) for task in tasks) == 4)
        single = await stage.request(light, user_id="light")
        await stage.said.until_key(single, "scan.completed.v1")
        await course.until(lambda: course.steps.count(("claimed", single)) == 5)
        steps = list(course.steps)
    claims = [task == single for what, task in steps[steps.index(("came", single)) :] if what == "claimed"]
    plan, *slices = [index for index, is_single in enumerate(claims) if is_single]
    assert len(slices) == 4
    # The one that was just being chosen when the request came may still come first.
    assert plan <= 1
    gaps = [later - earlier - 1 for earlier, later in zip([plan, *slices], slices, strict=False)]
    assert max(gaps) <= 1
    assert sum(what == "claimed" and task in tasks for what, task in steps) < 6 * 9 - 4


async def test_runs_that_wait_start_in_the_order_of_their_requests_and_never_beyond_the_limit(
    stage: Stage, database: TestDatabase
) -> None:
    contents = [await stage.account(mail(6), user_id="user") for _ in range(8)]
    async with watched(stage.db) as course:
        holding = await _hold_every_slot(database)
        asked = utc_now() - dt.timedelta(hours=1)
        async with (
            stage.scanner(max_active_scans_per_user=LIMIT),
            stage.scanner(max_active_scans_per_user=LIMIT),
        ):
            order = [f"t{number}" for number in range(8)]
            wishes = list(enumerate(zip(order, contents, strict=True)))
            random.Random(4).shuffle(wishes)  # noqa: S311 (an order that is not theirs)
            for number, (task_id, account_id) in wishes:
                requested_at = asked + dt.timedelta(minutes=number)
                await stage.request(account_id, task_id=task_id, requested_at=requested_at, user_id="user")
            await stage.said.until(lambda: all("scan.queued.v1" in stage.said.keys(task_id) for task_id in order))
            for task_id in holding:
                await stage.request_cancel(task_id)
            await stage.said.until(lambda: all("scan.completed.v1" in stage.said.keys(task_id) for task_id in order))
            await course.until(lambda: sum(what == "started" for what, _ in course.steps) == LIMIT + len(order))
    assert [task_id for what, task_id in course.steps if what == "started"] == [*holding, *order]
    assert course.most_active == LIMIT


async def _hold_every_slot(test_database: TestDatabase) -> list[str]:
    """Runs whose plans are leased to nobody for longer than the test."""
    client = connect(test_database.url("scanner"), service="test")
    try:
        runs = database(client, test_database.name)["scan_runs"]
        policy = Policy(lease_s=600, slots=LIMIT)
        admission, leases = Admission(runs, policy), Leases(runs, policy, owner="nobody")
        holding = [f"holding-{number}" for number in range(LIMIT)]
        for task_id in holding:
            assert await admission.insert_waiting(a_request(task_id))
            assert (await admission.start_in_slot(task_id))[0] is not None
            assert await leases.claim(task_id, PLAN) is not None
        return holding
    finally:
        client.close()
