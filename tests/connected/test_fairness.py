"""Users take turns: whoever has many scans delays another's single one by what is under way, and no more."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.scanner.runs.indexes import RUN_INDEXES
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, Policy
from services.scanner.runs.start import RunAdmission
from shared.events import utc_now
from shared.indexes import ensure_indexes
from shared.mongo import Database, connect, database
from tests.support.run_documents import a_request
from tests.support.scanning import Stage, a_message, a_stage, an_mbox
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import Arrivals

LIMIT = 2
LEASE_SECONDS = 600
"""Longer than any test takes, so that nobody loses what he has claimed."""


class Course(Arrivals[tuple[str, str]]):
    """What became of the runs, in the order of the commits: ("started" | "claimed", task id)."""

    def __init__(self) -> None:
        super().__init__()
        self.active: set[str] = set()
        self.most_active = 0

    async def see(self, change: dict[str, Any]) -> None:
        """Note what a change of a run says."""
        if change["operationType"] == "insert":
            return
        task_id = change["documentKey"]["_id"]
        fields = change["updateDescription"]["updatedFields"]
        if "slot" in fields:
            self.active.add(task_id)
            self.most_active = max(self.most_active, len(self.active))
            await self.add(("started", task_id))
        elif "slot" in change["updateDescription"]["removedFields"]:
            self.active.discard(task_id)
        for name in fields:
            if name.endswith(".token"):
                await self.add(("claimed", task_id))


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
    alone = {"scanner_concurrency": 1, "scanner_units": 1, "slice_lease_s": LEASE_SECONDS}
    async with watched(stage.db) as course, stage.scanner(**alone):
        tasks = [await stage.request(account, user_id="heavy") for account in heavy]
        await stage.said.until(lambda: sum("scan.started.v1" in stage.said.keys(task) for task in tasks) == 4)
        single = await stage.request(light, user_id="light")
        await stage.said.until_key(single, "scan.completed.v1")
        await course.until(lambda: course.items.count(("claimed", single)) == 5)
        steps = list(course.items)
    claims = [task == single for what, task in steps[steps.index(("started", single)) :] if what == "claimed"]
    plan, *slices = [index for index, is_single in enumerate(claims) if is_single]
    assert len(slices) == 4
    # The one that was just being chosen when the run was started may still come first.
    assert plan <= 1
    gaps = [later - earlier - 1 for earlier, later in zip([plan, *slices], slices, strict=False)]
    assert max(gaps) <= 1
    assert sum(what == "claimed" and task in tasks for what, task in steps) < 6 * 9 - 4


async def test_runs_that_wait_start_in_the_order_of_their_requests_and_never_beyond_the_limit(
    stage: Stage, database: TestDatabase, chance: random.Random
) -> None:
    contents = [await stage.account(mail(6), user_id="user") for _ in range(8)]
    async with watched(stage.db) as course:
        holding = await _hold_every_slot(database)
        asked = utc_now() - dt.timedelta(hours=1)
        async with (
            stage.scanner(max_active_scans_per_user=LIMIT, slice_lease_s=LEASE_SECONDS),
            stage.scanner(max_active_scans_per_user=LIMIT, slice_lease_s=LEASE_SECONDS),
        ):
            order = [f"t{number}" for number in range(8)]
            wishes = list(enumerate(zip(order, contents, strict=True)))
            chance.shuffle(wishes)
            for number, (task_id, account_id) in wishes:
                requested_at = asked + dt.timedelta(minutes=number)
                await stage.request(account_id, task_id=task_id, requested_at=requested_at, user_id="user")
            await stage.said.until(lambda: all("scan.queued.v1" in stage.said.keys(task_id) for task_id in order))
            for task_id in holding:
                await stage.request_cancel(task_id)
            await stage.said.until(lambda: all("scan.completed.v1" in stage.said.keys(task_id) for task_id in order))
            await course.until(lambda: sum(what == "started" for what, _ in course.items) == LIMIT + len(order))
    assert [task_id for what, task_id in course.items if what == "started"] == [*holding, *order]
    assert course.most_active == LIMIT


async def _hold_every_slot(test_database: TestDatabase) -> list[str]:
    """Runs whose plans are leased to nobody for longer than the test."""
    client = connect(test_database.url("scanner"), service="test")
    try:
        runs = database(client, test_database.name)["scan_runs"]
        policy = Policy(lease_s=LEASE_SECONDS, slots=LIMIT)
        admission, leases = RunAdmission(runs, policy), Leases(runs, policy, owner="nobody")
        holding = [f"holding-{number}" for number in range(LIMIT)]
        for task_id in holding:
            assert await admission.insert_waiting(a_request(task_id))
            assert (await admission.start_in_slot(task_id))[0] is not None
            assert await leases.claim(task_id, PLAN) is not None
        return holding
    finally:
        client.close()
