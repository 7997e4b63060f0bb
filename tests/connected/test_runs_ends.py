"""The rows that count what a scan did and finish its units, and with the last one the run, on the real database."""

import asyncio
from collections.abc import AsyncIterator

import bson
import pytest

from services.scanner.runs.completion import SlicesLeft
from services.scanner.runs.model import PLAN, Counters, Unit
from services.scanner.slices import MAX_UNITS
from tests.support.run_documents import RunDocuments, run_documents
from tests.support.servers import TestDatabase

TEN = Counters(scanned=10, invoices=2, bytes_fetched=1000)


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name) as documents:
        yield documents


async def test_counters_are_set_and_the_totals_are_their_sum(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    first, second = await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))
    for counters in (Counters(scanned=2), Counters(scanned=5, invoices=1), Counters(scanned=5, invoices=1)):
        await runs.leases.record_progress(first, counters)
    run = await runs.leases.record_progress(second, Counters(scanned=1, skipped=2, bytes_fetched=7))
    assert run is not None
    assert (run["totals"]["scanned"], run["totals"]["skipped"], run["totals"]["invoices"]) == (6, 2, 1)
    assert run["totals"]["bytes_fetched"] == 7
    assert run["progress_high"] == 40


async def test_progress_does_not_fall_when_a_slice_is_begun_again(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    first = await runs.claimed("t", Unit(0))
    await runs.leases.record_progress(first, Counters(scanned=8))
    await runs.let_lease_run_out(first)
    run = await runs.leases.record_progress(await runs.claimed("t", Unit(0)), Counters(scanned=1))
    assert run is not None
    assert (run["totals"]["scanned"], run["progress_high"]) == (1, 80)


async def test_every_event_of_a_run_has_its_own_rising_number(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    claims = [await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))]
    ticks = await asyncio.gather(*(runs.leases.record_progress(claim, Counters()) for claim in claims * 5))
    numbers = [run["seq"] for run in ticks if run is not None]
    assert len(set(numbers)) == 10
    assert min(numbers) > (await runs.get("t"))["started"]["seq"]


async def test_a_slice_that_another_one_released_is_nudged_if_its_command_gets_lost(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    await runs.complete_slice(await runs.claimed("t", Unit(0)), TEN)
    await runs.make_due("t", "slices.2.nudge_at")
    assert [stuck.unit for stuck in await runs.stuck_units()] == [Unit(2)]


async def test_two_slices_that_end_at_once_release_two_others(runs: RunDocuments) -> None:
    await runs.running("t", slices=4)
    first, second = await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))
    standing = await runs.completion.slices_left(first)
    assert standing == SlicesLeft(left=4, release=2)
    assert await runs.complete_slice(second, TEN) is not None
    assert await runs.completion.complete_slice(first, TEN, standing) is None
    assert await runs.complete_slice(first, TEN) is not None
    assert (await runs.get("t"))["next"] == 4


async def test_a_plan_releases_a_window_and_each_done_slice_one_more(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    assert (await runs.get("t"))["next"] == 2
    assert await runs.completion.unclaimed_slices("t", [0, 1, 2, 9]) == [0, 1, 2]
    done = await runs.complete_slice(await runs.claimed("t", Unit(1)), TEN)
    assert done is not None
    assert done["slices"]["1"]["released"] == 2
    done = await runs.complete_slice(await runs.claimed("t", Unit(0)), TEN)
    assert done is not None
    assert "released" not in done["slices"]["0"]
    run = await runs.get("t")
    assert (run["next"], run["left"], run["state"]) == (3, 1, "running")


async def test_a_plan_without_slices_ends_the_run(runs: RunDocuments) -> None:
    await runs.planning("t")
    claim = await runs.claimed("t", PLAN)
    ended = await runs.completion.complete_plan(claim, [], messages=4, skipped=4, estimated_s=0)
    assert ended is not None
    assert ended["state"] == "done"
    assert ended["started"]["messages_total"] == 4
    assert ended["end"]["seq"] == ended["started"]["seq"] + 1
    result = ended["end"]["result"]
    assert (result["messages"], result["scanned"], result["skipped"]) == (4, 0, 4)
    assert not {"slot", "account_key"} & set(ended)


async def test_the_last_slice_and_no_other_ends_the_run(runs: RunDocuments) -> None:
    await runs.running("t", slices=2, messages=25)
    first, second = await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))
    assert await runs.completion.complete_last_slice(first, TEN, {}) is None
    assert await runs.complete_slice(first, TEN) is not None
    assert await runs.complete_slice(second, TEN) is None
    ended = await runs.completion.complete_last_slice(second, TEN, {"EUR": "12.50"})
    assert ended is not None
    result = ended["end"]["result"]
    assert result.pop("duration_seconds") >= 0
    assert result == {
        "messages": 25,
        "scanned": 20,
        "skipped": 5,
        "failed": 0,
        "invoices": 4,
        "duplicates": 0,
        "bytes_fetched": 2000,
        "totals": {"EUR": "12.50"},
        "partial": False,
    }
    stored = await runs.get("t")
    assert (stored["state"], stored["left"], stored["settled"]) == ("done", 0, False)
    assert not {"slot", "account_key"} & set(stored)


async def test_a_done_slice_is_marked_once_all_is_told_and_only_while_the_run_goes_on(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    await runs.completion.mark_announced("t", Unit(0))
    assert (await runs.get("t"))["slices"]["0"]["flushed"] is False
    await runs.complete_slice(await runs.claimed("t", Unit(0)), TEN)
    await runs.completion.mark_announced("t", Unit(0))
    assert (await runs.get("t"))["slices"]["0"]["flushed"] is True


async def test_a_run_with_as_many_slices_and_parts_as_there_may_be_stays_small(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    claim = await runs.claimed("t", Unit(0))
    await runs.leases.record_progress(claim, TEN)
    await runs.complete_slice(claim, TEN)
    run = await runs.get("t")
    unit = {
        **run["slices"]["0"],
        "owner": "mailtally-scanner-7c9f6d5b8d-x2x4z/12345/0123abcd",
        "suspect": True,
        "start": 1,
    }
    run["slices"] = {str(number): unit for number in range(MAX_UNITS)}
    assert len(bson.encode(run)) < 1_000_000
