"""Each row of the protocol's tables as the one conditional write that it is, on the real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.scanner.runs.admission import AccountBusy
from services.scanner.runs.model import PLAN, Claim, Counters, Policy, Unit
from tests.support.run_documents import RunDocuments, a_request, run_documents, some_slices, stale
from tests.support.servers import TestDatabase

TEN = Counters(scanned=10, invoices=2, bytes_fetched=1000)


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name) as documents:
        yield documents


# Letting runs in


async def test_a_request_that_comes_twice_makes_one_run(runs: RunDocuments) -> None:
    assert await runs.admission.insert_waiting(a_request("t"))
    assert not await runs.admission.insert_waiting(a_request("t"))
    assert await runs.collection.count_documents({}) == 1


async def test_an_account_has_at_most_one_open_run(runs: RunDocuments) -> None:
    await runs.admission.insert_waiting(a_request("first", account_id="a"))
    with pytest.raises(AccountBusy):
        await runs.admission.insert_waiting(a_request("second", account_id="a"))
    assert await runs.admission.holder_of("a") == "first"
    assert await runs.admission.insert_refused(a_request("second", account_id="a"), "already running: first")
    refused = await runs.get("second")
    assert refused["state"] == "cancelled"
    assert refused["end"]["reason"] == "already running: first"
    assert "account_key" not in refused


async def test_a_cancel_that_comes_first_ends_the_run_when_its_request_comes(runs: RunDocuments) -> None:
    assert await runs.admission.announce_cancel("t", "asked")
    assert not await runs.admission.announce_cancel("t", "asked again")
    assert not await runs.admission.insert_waiting(a_request("t"))
    ended = await runs.admission.end_announced(a_request("t"))
    assert ended is not None
    assert (ended["state"], ended["end"]["reason"], ended["user_id"]) == ("cancelled", "asked", "user")
    assert ended["settled"] is False
    assert await runs.admission.end_announced(a_request("t")) is None


async def test_no_more_runs_of_a_user_are_active_than_allowed_however_many_start_them(runs: RunDocuments) -> None:
    tasks = [f"t{number}" for number in range(8)]
    for task_id in tasks:
        await runs.admission.insert_waiting(a_request(task_id))
    await asyncio.gather(*(runs.admission.start_in_slot(task_id) for task_id in tasks * 3))
    slots = [run["slot"] async for run in runs.collection.find({"state": "planning"})]
    assert sorted(slots) == [0, 1]


async def test_the_oldest_waiting_run_is_next_and_other_users_do_not_count(runs: RunDocuments) -> None:
    await runs.planning("a")
    await runs.planning("b")
    for task_id in ("c", "d"):
        await runs.admission.insert_waiting(a_request(task_id))
    assert await runs.admission.oldest_waiting("user") == "c"
    assert await runs.admission.start_in_slot("c") == (None, False)
    await runs.planning("of another", user_id="another")


async def test_an_ended_run_frees_its_slot_and_its_account_in_the_same_write(runs: RunDocuments) -> None:
    await runs.planning("a")
    await runs.planning("b")
    await runs.admission.insert_waiting(a_request("c"))
    cancelled = await runs.admission.cancel("a", "asked", {})
    assert cancelled is not None
    assert not {"slot", "account_key"} & set(cancelled)
    started, _ = await runs.admission.start_in_slot("c")
    assert started is not None
    assert started["slot"] == 0
    assert await runs.admission.insert_waiting(a_request("again", account_id="account-of-a"))


async def test_a_run_is_cancelled_once_and_never_after_its_end(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    assert await runs.admission.cancel("t", "asked", {}) is not None
    before = await runs.get("t")
    assert await runs.admission.cancel("t", "asked again", {}) is None
    assert await runs.get("t") == before


# Units


async def test_a_unit_is_held_by_one_and_its_next_holder_has_the_next_token(runs: RunDocuments) -> None:
    await runs.planning("t")
    first = await runs.claimed("t", PLAN)
    assert await runs.other_leases.claim("t", PLAN) is None
    await runs.let_lease_run_out(first)
    second = await runs.other_leases.claim("t", PLAN)
    assert second is not None
    assert (first.token, second.token) == (1, 2)
    assert second.content["owner"] == "second"


async def test_one_of_many_claims_of_a_unit_wins(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    claims = await asyncio.gather(*(runs.leases.claim("t", Unit(0)) for _ in range(10)))
    assert len([claim for claim in claims if claim is not None]) == 1


async def test_a_slice_that_is_not_released_is_not_to_be_had(runs: RunDocuments) -> None:
    assert await runs.leases.claim("nowhere", PLAN) is None
    await runs.planning("t")
    assert await runs.leases.claim("t", Unit(0)) is None
    claim = await runs.claimed("t", PLAN)
    await runs.completion.plan_done(claim, some_slices(3), messages=30, skipped=0, estimated_s=1)
    assert await runs.leases.claim("t", Unit(2)) is None
    assert await runs.leases.claim("t", Unit(3)) is None
    assert await runs.leases.claim("t", Unit(1)) is not None
    assert await runs.leases.claim("t", PLAN) is None


HolderRow = Callable[[RunDocuments, Claim], Awaitable[object]]
ROWS: dict[str, HolderRow] = {
    "renew": lambda runs, claim: runs.leases.renew(claim),
    "tick": lambda runs, claim: runs.leases.tick(claim, TEN),
    "retry": lambda runs, claim: runs.leases.retry_later(claim, delay_s=2),
    "hand back": lambda runs, claim: runs.leases.hand_back(claim),
    "slice done": lambda runs, claim: runs.completion.slice_done(claim, TEN),
    "fail": lambda runs, claim: runs.completion.fail(claim, error_code="x", error="y"),
}


@pytest.mark.parametrize("row", ROWS)
async def test_a_holder_whose_token_is_stale_changes_nothing(runs: RunDocuments, row: str) -> None:
    await runs.running("t", slices=2)
    first = await runs.claimed("t", Unit(0))
    await runs.let_lease_run_out(first)
    second = await runs.claimed("t", Unit(0))
    before = await runs.get("t")
    assert not await ROWS[row](runs, stale(second))
    assert await runs.get("t") == before
    assert await ROWS[row](runs, second)


@pytest.mark.parametrize("row", ROWS)
async def test_a_holder_whose_run_is_over_changes_nothing(runs: RunDocuments, row: str) -> None:
    await runs.running("t", slices=2)
    claim = await runs.claimed("t", Unit(0))
    await runs.admission.cancel("t", "asked", {})
    before = await runs.get("t")
    assert not await ROWS[row](runs, claim)
    assert await runs.get("t") == before


async def test_tries_count_when_the_lease_is_taken_and_the_last_one_ends_the_run(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    for _ in range(runs.policy.max_tries):
        assert await runs.leases.exhaust("t", Unit(0), error_code="c", error="e") is None
        await runs.let_lease_run_out(await runs.claimed("t", Unit(0)))
    assert await runs.leases.claim("t", Unit(0)) is None
    failed = await runs.leases.exhaust("t", Unit(0), error_code="slice_crashed", error="sentence")
    assert failed is not None
    assert failed["end"]["error_code"] == "slice_crashed"
    assert failed["state"] == "failed"
    assert "slot" not in await runs.get("t")


async def test_a_unit_without_tries_is_not_ended_while_it_is_held(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    claim = None
    for _ in range(runs.policy.max_tries):
        claim = await runs.claimed("t", Unit(0))
        if claim.token < runs.policy.max_tries:
            await runs.let_lease_run_out(claim)
    assert await runs.leases.exhaust("t", Unit(0), error_code="c", error="e") is None


async def test_progress_gives_the_tries_back_and_its_lack_does_not(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    await runs.let_lease_run_out(await runs.claimed("t", Unit(0)))
    claim = await runs.claimed("t", Unit(0))
    await runs.leases.tick(claim, Counters(scanned=3))
    assert (await runs.get("t"))["slices"]["0"]["tries"] == 1
    await runs.let_lease_run_out(claim)
    claim = await runs.claimed("t", Unit(0))
    await runs.leases.tick(claim, Counters(scanned=3))
    assert (await runs.get("t"))["slices"]["0"]["tries"] == 2


async def test_a_unit_given_back_after_a_failure_waits_and_keeps_its_try(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    claim = await runs.claimed("t", Unit(0))
    assert await runs.leases.retry_later(claim, delay_s=60)
    assert await runs.leases.claim("t", Unit(0)) is None
    await runs.make_due("t", "slices.0.not_before")
    again = await runs.claimed("t", Unit(0))
    assert again.content["tries"] == 2


async def test_a_unit_handed_back_may_be_taken_at_once_and_has_its_try_back(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    assert await runs.leases.hand_back(await runs.claimed("t", Unit(0)))
    assert (await runs.claimed("t", Unit(0))).content["tries"] == 1


# Counting


async def test_counters_are_set_and_the_totals_are_their_sum(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    first, second = await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))
    for counters in (Counters(scanned=2), Counters(scanned=5, invoices=1), Counters(scanned=5, invoices=1)):
        await runs.leases.tick(first, counters)
    run = await runs.leases.tick(second, Counters(scanned=1, skipped=2, bytes_fetched=7))
    assert run is not None
    assert (run["totals"]["scanned"], run["totals"]["skipped"], run["totals"]["invoices"]) == (6, 2, 1)
    assert run["totals"]["bytes_fetched"] == 7
    assert run["progress_high"] == 40


async def test_progress_does_not_fall_when_a_slice_is_begun_again(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    first = await runs.claimed("t", Unit(0))
    await runs.leases.tick(first, Counters(scanned=8))
    await runs.let_lease_run_out(first)
    run = await runs.leases.tick(await runs.claimed("t", Unit(0)), Counters(scanned=1))
    assert run is not None
    assert (run["totals"]["scanned"], run["progress_high"]) == (1, 80)


async def test_every_event_of_a_run_has_its_own_rising_number(runs: RunDocuments) -> None:
    await runs.running("t", slices=2)
    claims = [await runs.claimed("t", Unit(0)), await runs.claimed("t", Unit(1))]
    ticks = await asyncio.gather(*(runs.leases.tick(claim, Counters()) for claim in claims * 5))
    numbers = [run["seq"] for run in ticks if run is not None]
    assert len(set(numbers)) == 10
    assert min(numbers) > (await runs.get("t"))["started"]["seq"]


# Ending


async def test_a_plan_releases_a_window_and_each_done_slice_one_more(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    assert (await runs.get("t"))["next"] == 2
    assert await runs.completion.unclaimed("t", [0, 1, 2, 9]) == [0, 1, 2]
    done = await runs.completion.slice_done(await runs.claimed("t", Unit(1)), TEN)
    assert done is not None
    assert done["slices"]["1"]["released"] == 2
    done = await runs.completion.slice_done(await runs.claimed("t", Unit(0)), TEN)
    assert done is not None
    assert "released" not in done["slices"]["0"]
    run = await runs.get("t")
    assert (run["next"], run["left"], run["state"]) == (3, 1, "running")


async def test_a_plan_without_slices_ends_the_run(runs: RunDocuments) -> None:
    await runs.planning("t")
    claim = await runs.claimed("t", PLAN)
    ended = await runs.completion.plan_done(claim, [], messages=4, skipped=4, estimated_s=0)
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
    assert await runs.completion.last_slice_done(first, TEN, {}) is None
    assert await runs.completion.slice_done(first, TEN) is not None
    assert await runs.completion.slice_done(second, TEN) is None
    ended = await runs.completion.last_slice_done(second, TEN, {"EUR": "12.50"})
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
    await runs.completion.flushed("t", Unit(0))
    assert (await runs.get("t"))["slices"]["0"]["flushed"] is False
    await runs.completion.slice_done(await runs.claimed("t", Unit(0)), TEN)
    await runs.completion.flushed("t", Unit(0))
    assert (await runs.get("t"))["slices"]["0"]["flushed"] is True


# The sweeper's questions


async def test_a_unit_that_nobody_holds_is_nudged_by_exactly_one_and_then_ever_more_rarely(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    assert await runs.sweeps.neglected_units() == []
    await runs.completion.flushed("t", PLAN)
    await runs.make_due("t", "slices.0.nudge_at")
    (neglected,) = await runs.sweeps.neglected_units()
    assert (neglected.task_id, neglected.unit) == ("t", Unit(0))
    won = await asyncio.gather(*(runs.sweeps.nudge(neglected) for _ in range(5)))
    assert sorted(won) == [False, False, False, False, True]
    assert await runs.sweeps.neglected_units() == []
    first = (await runs.get("t"))["slices"]["0"]
    await runs.make_due("t", "slices.0.nudge_at")
    (neglected,) = await runs.sweeps.neglected_units()
    await runs.sweeps.nudge(neglected)
    second = (await runs.get("t"))["slices"]["0"]
    assert second["nudge_at"] > first["nudge_at"]
    assert second["nudges"] == 2


async def test_a_held_unit_is_left_alone_until_its_lease_is_over(runs: RunDocuments) -> None:
    await runs.planning("t")
    claim = await runs.claimed("t", PLAN)
    await runs.make_due("t", "plan.nudge_at")
    assert await runs.sweeps.neglected_units() == []
    await runs.let_lease_run_out(claim)
    assert [neglected.unit for neglected in await runs.sweeps.neglected_units()] == [PLAN]


async def test_users_with_waiting_runs_and_a_free_slot_are_found(runs: RunDocuments) -> None:
    await runs.planning("a")
    await runs.admission.insert_waiting(a_request("b"))
    assert await runs.sweeps.users_with_a_free_slot() == ["user"]
    await runs.admission.start_in_slot("b")
    await runs.admission.insert_waiting(a_request("c"))
    assert await runs.sweeps.users_with_a_free_slot() == []


async def test_an_end_that_is_not_seen_is_told_again_by_one_and_settled_when_it_is_seen(runs: RunDocuments) -> None:
    await runs.planning("t")
    await runs.admission.cancel("t", "asked", {})
    assert await runs.sweeps.unsettled() == []
    await runs.make_due("t", "resend_at")
    (run,) = await runs.sweeps.unsettled()
    assert sorted(await asyncio.gather(*(runs.sweeps.resend(run) for _ in range(3)))) == [False, False, True]
    assert await runs.sweeps.unsettled() == []
    await runs.sweeps.settle("t")
    assert (await runs.get("t"))["settled"] is True


@pytest.mark.parametrize("policy", [Policy(slots=1)])
def test_the_lease_is_in_milliseconds_where_dates_are_counted_with(policy: Policy) -> None:
    assert policy.lease_ms == 30_000
