"""What the rescuer finds in the runs, and the writes by which one of many scanners acts on it, on the real database."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from services.scanner.runs.model import PLAN, Counters, Policy, Unit
from services.scanner.runs.rescue import MAX_DUE_RUNS
from shared.mongo import connect
from tests.support.protocol.watching import units_of
from tests.support.run_documents import RunDocuments, run_documents
from tests.support.servers import TestDatabase


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name) as documents:
        yield documents


async def test_a_unit_that_nobody_holds_is_nudged_by_exactly_one_and_then_ever_more_rarely(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    await runs.completion.mark_announced("t", PLAN)
    await runs.make_due("t", "slices.0.nudge_at")
    (stuck,) = await runs.stuck_units()
    assert (stuck.task_id, stuck.unit) == ("t", Unit(0))
    won = await asyncio.gather(*(runs.rescue.claim_resend(stuck) for _ in range(5)))
    assert sorted(won) == [False, False, False, False, True]
    first = (await runs.get("t"))["slices"]["0"]
    await runs.make_due("t", "slices.0.nudge_at")
    (stuck,) = await runs.stuck_units()
    await runs.rescue.claim_resend(stuck)
    second = (await runs.get("t"))["slices"]["0"]
    assert second["nudge_at"] > first["nudge_at"]
    assert second["nudges"] == 2


async def test_a_held_unit_is_left_alone_until_its_lease_is_over(runs: RunDocuments) -> None:
    await runs.planning("t")
    claim = await runs.claimed("t", PLAN)
    await runs.make_due("t", "plan.nudge_at")
    assert await runs.stuck_units() == []
    await runs.let_lease_run_out(claim)
    await runs.make_due("t", "plan.nudge_at")
    assert [stuck.unit for stuck in await runs.stuck_units()] == [PLAN]


async def test_a_run_is_looked_at_by_one_of_many_sweepers(runs: RunDocuments) -> None:
    await runs.planning("t")
    assert await runs.rescue.due_runs() == []
    await runs.make_due("t", "plan.nudge_at")
    (due,) = await runs.rescue.due_runs()
    looked = await asyncio.gather(*(runs.rescue.take(due) for _ in range(5)))
    (one,) = [found for found in looked if found is not None]
    assert (one.run["state"], len(one.stuck_units)) == ("planning", 1)
    assert await runs.rescue.due_runs() == []


async def test_no_step_of_a_holder_leaves_a_run_that_is_looked_at_too_late(runs: RunDocuments) -> None:
    """Whatever was written last: the rescuer comes by the time that the first of the units is due."""

    async def is_looked_at_in_time() -> None:
        run = await runs.get("t")
        times = [unit["nudge_at"] for unit in units_of(run).values() if "nudge_at" in unit and not unit["flushed"]]
        assert run["look_at"] <= min(times)
        await runs.collection.update_one({"_id": "t"}, {"$set": {"look_at": min(times)}})

    await runs.running("t", slices=3)
    await is_looked_at_in_time()
    first = await runs.claimed("t", Unit(0))
    await is_looked_at_in_time()
    assert await runs.leases.record_progress(first, Counters(scanned=1)) is not None
    assert await runs.leases.renew(first)
    await is_looked_at_in_time()
    assert await runs.leases.hand_back(first)
    await is_looked_at_in_time()
    assert await runs.leases.return_after_error(await runs.claimed("t", Unit(1)), delay_s=0)
    await is_looked_at_in_time()
    assert await runs.complete_slice(await runs.claimed("t", Unit(0)), Counters(scanned=10)) is not None
    await is_looked_at_in_time()


async def test_a_look_finds_when_the_next_unit_is_due_and_comes_within_a_lease_in_any_case(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    await runs.claimed("t", Unit(0))
    await runs.make_due("t", "plan.nudge_at")
    before = await runs.get("t")
    await runs.stuck_units()
    looked = await runs.get("t")
    assert before["look_at"] < looked["look_at"] <= looked["slices"]["0"]["nudge_at"]


async def test_a_sweep_reads_only_the_runs_that_are_due_however_many_there_are(
    runs: RunDocuments, database: TestDatabase
) -> None:
    await runs.running("t", slices=2)
    run = await runs.get("t")
    own = {name: run.pop(name) for name in ("_id", "account_key", "slot")}
    crowd = [{**run, "_id": f"{own['_id']}{n}", "look_at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)} for n in range(1000)]
    await runs.collection.insert_many(crowd)
    await runs.make_due("t7", "updated_at")
    client = connect(database.url("administrator"), service="test")
    try:
        await client[database.name].command("profile", 2)
        assert [due.task_id for due in await runs.rescue.due_runs()] == ["t7"]
        profile = client[database.name]["system.profile"]
        (seen,) = await profile.find({"command.aggregate": "scan_runs"}).to_list(None)
        await client[database.name].command("profile", 0)
    finally:
        client.close()
    assert seen["docsExamined"] <= MAX_DUE_RUNS
    assert "IXSCAN" in seen["planSummary"]


async def test_an_end_is_told_again_ever_more_rarely_until_it_is_settled(runs: RunDocuments) -> None:
    await runs.planning("t")
    await runs.admission.cancel("t", "asked", {})
    assert await runs.rescue.due_runs() == []
    waits = []
    for _ in range(3):
        await runs.make_due("t", "updated_at")
        (due,) = await runs.rescue.due_runs()
        looked = await runs.rescue.take(due)
        assert looked is not None
        assert looked.run["end"]["reason"] == "asked"
        waits.append((await runs.get("t"))["look_at"])
    assert waits[0] < waits[1] < waits[2]
    await runs.make_due("t", "updated_at")
    await runs.rescue.mark_announced("t")
    assert (await runs.get("t"))["settled"] is True
    assert await runs.rescue.due_runs() == []


@pytest.mark.parametrize("policy", [Policy(slots=1)])
def test_the_lease_is_in_milliseconds_where_dates_are_counted_with(policy: Policy) -> None:
    assert policy.lease_ms == 30_000
