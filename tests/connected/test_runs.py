"""The rows that let runs in and lease their units, each as one conditional write, on the real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.scanner.runs.model import PLAN, Claim, Counters, Unit
from services.scanner.runs.start import AccountBusyError
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
    with pytest.raises(AccountBusyError):
        await runs.admission.insert_waiting(a_request("second", account_id="a"))
    assert await runs.admission.open_run_of_account("a") == "first"
    assert await runs.admission.insert_refused(a_request("second", account_id="a"), "already running: first")
    refused = await runs.get("second")
    assert refused["state"] == "cancelled"
    assert refused["end"]["reason"] == "already running: first"
    assert "account_key" not in refused


async def test_a_cancel_that_comes_first_ends_the_run_when_its_request_comes(runs: RunDocuments) -> None:
    assert await runs.admission.insert_cancel_request("t", "asked")
    assert not await runs.admission.insert_cancel_request("t", "asked again")
    assert not await runs.admission.insert_waiting(a_request("t"))
    ended = await runs.admission.end_cancelled_before_request(a_request("t"))
    assert ended is not None
    assert (ended["state"], ended["end"]["reason"], ended["user_id"]) == ("cancelled", "asked", "user")
    assert ended["settled"] is False
    assert await runs.admission.end_cancelled_before_request(a_request("t")) is None


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
    await runs.completion.complete_plan(claim, some_slices(3), messages=30, skipped=0, estimated_s=1)
    assert await runs.leases.claim("t", Unit(2)) is None
    assert await runs.leases.claim("t", Unit(3)) is None
    assert await runs.leases.claim("t", Unit(1)) is not None
    assert await runs.leases.claim("t", PLAN) is None


HolderRow = Callable[[RunDocuments, Claim], Awaitable[object]]
ROWS: dict[str, HolderRow] = {
    "renew": lambda runs, claim: runs.leases.renew(claim),
    "tick": lambda runs, claim: runs.leases.record_progress(claim, TEN),
    "retry": lambda runs, claim: runs.leases.return_after_error(claim, delay_s=2),
    "hand back": lambda runs, claim: runs.leases.hand_back(claim),
    "slice done": lambda runs, claim: runs.complete_slice(claim, TEN),
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
        assert await runs.leases.fail_exhausted("t", Unit(0), error_code="c", error="e") is None
        await runs.let_lease_run_out(await runs.claimed("t", Unit(0)))
    assert await runs.leases.claim("t", Unit(0)) is None
    failed = await runs.leases.fail_exhausted("t", Unit(0), error_code="slice_crashed", error="sentence")
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
    assert await runs.leases.fail_exhausted("t", Unit(0), error_code="c", error="e") is None


async def test_progress_gives_the_tries_back_and_its_lack_does_not(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    await runs.let_lease_run_out(await runs.claimed("t", Unit(0)))
    claim = await runs.claimed("t", Unit(0))
    await runs.leases.record_progress(claim, Counters(scanned=3))
    assert (await runs.get("t"))["slices"]["0"]["tries"] == 1
    await runs.let_lease_run_out(claim)
    claim = await runs.claimed("t", Unit(0))
    await runs.leases.record_progress(claim, Counters(scanned=3))
    assert (await runs.get("t"))["slices"]["0"]["tries"] == 2


async def test_a_unit_given_back_after_a_failure_waits_and_keeps_its_try(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    claim = await runs.claimed("t", Unit(0))
    assert await runs.leases.return_after_error(claim, delay_s=60)
    assert await runs.leases.claim("t", Unit(0)) is None
    await runs.make_due("t", "slices.0.not_before")
    again = await runs.claimed("t", Unit(0))
    assert again.content["tries"] == 2


async def test_a_unit_handed_back_may_be_taken_at_once_and_has_its_try_back(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    assert await runs.leases.hand_back(await runs.claimed("t", Unit(0)))
    assert (await runs.claimed("t", Unit(0))).content["tries"] == 1
