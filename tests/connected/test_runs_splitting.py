"""The rows that split a slice without tries, on the real database."""

from collections.abc import AsyncIterator

import pytest

from services.scanner.runs.model import Claim, Counters, Policy, Unit
from services.scanner.runs.splitting import SliceSplitter
from services.scanner.slices import Slice, split
from tests.support.run_documents import RunDocuments, run_documents
from tests.support.servers import TestDatabase

POLICY = Policy(lease_s=600, max_tries=2, verdict_tries=1, window=2)
FOUR = Counters(scanned=4, invoices=1)


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name, POLICY) as documents:
        yield documents


async def tries_over(runs: RunDocuments) -> Claim:
    """The first of two slices of ten messages; four of them are read, and its last holder has died."""
    await runs.running("t", slices=2)
    await runs.leases.record_progress(await runs.claimed("t", Unit(0)), FOUR)
    claim = Claim({"_id": "t"}, Unit(0), 1)
    for token in (1, 2):
        await runs.let_lease_run_out(Claim({"_id": "t"}, Unit(0), token))
        if token == 1:
            claim = await runs.claimed("t", Unit(0))
    return claim


def parts(claim: Claim) -> list[tuple[Slice, Counters]]:
    """What is read lies in the first of three parts."""
    cut = split(Slice.from_document(claim.content), {1, 2, 3, 4}, parts=3)
    return [(cut[0], FOUR), (cut[1], Counters()), (cut[2], Counters())]


async def test_a_split_keeps_the_messages_the_totals_and_the_window(runs: RunDocuments) -> None:
    claim = await tries_over(runs)
    before = await runs.get("t")
    assert await SliceSplitter(runs.collection, POLICY).split("t", Unit(0), claim.token, parts(claim), at=2)
    run = await runs.get("t")
    assert [unit["uids"] for unit in run["slices"].values()] == [[[1, 6]], [[11, 20]], [[7, 8]], [[9, 10]]]
    assert (run["left"], run["next"], run["totals"]) == (4, 2, before["totals"])
    assert await runs.complete_slice(await runs.claimed("t", Unit(1)), Counters(scanned=10)) is not None
    assert (await runs.get("t"))["next"] == 3


async def test_only_who_works_on_nothing_else_may_take_a_suspected_slice(runs: RunDocuments) -> None:
    claim = await tries_over(runs)
    await SliceSplitter(runs.collection, POLICY).split("t", Unit(0), claim.token, parts(claim), at=2)
    assert await runs.leases.claim("t", Unit(0)) is None
    taken = await runs.leases.claim("t", Unit(0), exclusive=True)
    assert taken is not None
    assert taken.token == claim.token + 1


async def test_a_slice_is_split_by_one_and_not_while_it_is_held_or_has_tries(runs: RunDocuments) -> None:
    splitting = SliceSplitter(runs.collection, POLICY)
    claim = await tries_over(runs)
    cut = parts(claim)
    before = await runs.get("t")
    for token, at in ((claim.token - 1, 2), (claim.token, 1), (claim.token, 3)):
        assert not await splitting.split("t", Unit(0), token, cut, at=at)
    assert not await splitting.split("t", Unit(1), 0, cut, at=2)
    assert await runs.get("t") == before
    assert await splitting.split("t", Unit(0), claim.token, cut, at=2)
    assert not await splitting.split("t", Unit(0), claim.token, cut, at=4)


async def test_a_slice_is_cleared_once(runs: RunDocuments) -> None:
    splitting = SliceSplitter(runs.collection, POLICY)
    claim = await tries_over(runs)
    assert await splitting.clear("t", Unit(0), claim.token)
    for _ in range(POLICY.max_tries):
        claim = await runs.claimed("t", Unit(0))
        await runs.let_lease_run_out(claim)
    assert not await splitting.clear("t", Unit(0), claim.token)
    assert await runs.leases.fail_exhausted("t", Unit(0), error_code="slice_crashed", error="e") is not None
