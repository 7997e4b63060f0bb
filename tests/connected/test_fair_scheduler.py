"""Whose turn it is, on the real database; and how long scans wait for their start."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect

from services.scanner.metrics import ScannerMetrics, StartLatency
from services.scanner.runs.fair_scheduler import FairScheduler
from services.scanner.runs.model import PLAN, Policy, Unit
from shared.mongo import Collection, Document
from tests.support.protocol.chaos import Chaos
from tests.support.protocol.watching import units_of
from tests.support.protocol.world import a_world
from tests.support.run_documents import POLICY, RunDocuments, a_request, run_documents
from tests.support.servers import TestDatabase

UNHURRIED = replace(POLICY, lease_s=3600)
"""A lease runs out when the test says so."""


@pytest.fixture
async def runs(database: TestDatabase) -> AsyncIterator[RunDocuments]:
    async with run_documents(database.url("scanner"), database.name, UNHURRIED) as documents:
        yield documents


async def next_unit(runs: RunDocuments) -> tuple[str, str] | None:
    claim = await runs.scheduler.claim_next()
    return None if claim is None else (claim.task_id, claim.unit.key)


class NoTurnsNoted:
    """The runs, in a database that goes away when a turn is to be noted."""

    def __init__(self, runs: Collection) -> None:
        self._runs = runs

    def with_options(self, **_: Any) -> "NoTurnsNoted":
        return self

    def aggregate(self, pipeline: list[Document]) -> Any:
        return self._runs.aggregate(pipeline)

    async def update_many(self, *_: Any) -> None:
        raise AutoReconnect("gone")


async def test_a_unit_is_held_by_who_claimed_it_although_the_turn_was_not_noted(runs: RunDocuments) -> None:
    await runs.running("t", slices=1)
    turns = FairScheduler(cast("Collection", NoTurnsNoted(runs.collection)), runs.leases, POLICY)
    claim = await turns.claim_next()
    assert claim is not None
    assert await runs.leases.renew(claim)


async def test_users_take_turns_whatever_they_have_waiting(runs: RunDocuments) -> None:
    await runs.running("a1", slices=4, user_id="a")
    await runs.running("a2", slices=4, user_id="a")
    await runs.running("b", slices=4, user_id="b")
    claimed = [await next_unit(runs) for _ in range(6)]
    assert claimed == [("a1", "0"), ("b", "0"), ("a1", "1"), ("b", "1"), ("a2", "0"), ("a2", "1")]
    assert await next_unit(runs) is None


async def test_a_user_who_was_never_served_is_next_and_has_not_been_served_by_a_plan(runs: RunDocuments) -> None:
    await runs.running("heavy", slices=4, user_id="heavy")
    assert await next_unit(runs) == ("heavy", "0")
    await runs.planning("light", user_id="light")
    plan = await runs.scheduler.claim_next()
    assert plan is not None
    assert (plan.task_id, plan.unit) == ("light", PLAN)
    await runs.planning("newer", user_id="newer")
    assert await next_unit(runs) == ("newer", "plan")
    assert await next_unit(runs) == ("heavy", "1")


async def test_a_further_run_of_a_user_waits_for_the_users_turn(runs: RunDocuments) -> None:
    await runs.running("first", slices=1, user_id="heavy")
    await runs.running("light", slices=2, user_id="light")
    assert [await next_unit(runs) for _ in range(2)] == [("first", "0"), ("light", "0")]
    await runs.planning("second", user_id="light")
    await runs.planning("third", user_id="heavy")
    assert [await next_unit(runs) for _ in range(2)] == [("third", "plan"), ("light", "1")]


async def test_scanners_that_ask_at_once_get_different_units_until_none_is_left(runs: RunDocuments) -> None:
    for user in "abc":
        await runs.running(f"run-{user}", slices=2, user_id=user)
    claims = await asyncio.gather(*(runs.scheduler.claim_next() for _ in range(9)))
    units = [(claim.task_id, claim.unit.key) for claim in claims if claim is not None]
    assert sorted(units) == [(f"run-{user}", str(number)) for user in "abc" for number in range(POLICY.window)]


async def test_only_released_units_that_are_due_and_have_tries_left_are_taken(runs: RunDocuments) -> None:
    await runs.running("t", slices=3)
    first, second = await runs.scheduler.claim_next(), await runs.scheduler.claim_next()
    assert first is not None
    assert second is not None
    assert await runs.scheduler.claim_next() is None  # the third is not released
    assert await runs.leases.return_after_error(first, delay_s=3600)
    assert await runs.scheduler.claim_next() is None
    await runs.make_due("t", "slices.0.not_before")
    assert await next_unit(runs) == ("t", "0")
    await runs.let_lease_run_out(second)
    assert await next_unit(runs) == ("t", "1")
    await runs.collection.update_one({"_id": "t"}, {"$set": {"slices.1.tries": POLICY.max_tries}})
    await runs.let_lease_run_out(second)
    assert await runs.scheduler.claim_next() is None
    assert await runs.admission.cancel("t", "asked", {}) is not None
    assert await runs.scheduler.claim_next() is None


async def test_a_start_is_measured_by_how_many_scans_its_user_has_open(runs: RunDocuments) -> None:
    registry = CollectorRegistry()
    starts = StartLatency(runs.admission, ScannerMetrics(registry))
    await runs.running("of a light user", slices=1, user_id="light")
    await runs.running("of a heavy user", slices=1, user_id="heavy")
    for number in range(3):
        await runs.admission.insert_waiting(a_request(f"t{number}", user_id="heavy"))
    asked = dt.timedelta(seconds=20)
    for task_id in ("of a light user", "of a heavy user"):
        run = await runs.get(task_id)
        run["request"]["requested_at"] = run["started"]["at"] - asked
        await starts.observe(run)

    def sample(name: str, label: str) -> float | None:
        return registry.get_sample_value(f"mailtally_scan_start_seconds_{name}", {"user_scans": label})

    assert [sample("sum", label) for label in ("1", "2-10", "11-100")] == [20, 20, 0]


async def test_a_slice_taken_before_its_own_command_leaves_that_one_to_the_slice_that_was_passed_over(
    database: TestDatabase,
) -> None:
    async with a_world(database, Policy(lease_s=600, window=2), messages=8) as world:
        await world.handled(world.request("t"))
        await world.handled(world.command(PLAN))
        first = await world.deliver(world.command(Unit(0))).until("scan.progressed.v1")  # 2 is released, and not told
        await world.handled(world.command(Unit(1)))
        await world.handled(world.command(Unit(3)))
        states = {path: unit["state"] for path, unit in units_of(await world.runs.get("t")).items()}
        assert (states["slices.2"], states["slices.3"]) == ("done", "open")
        await first.finish()
        await world.handled(world.command(Unit(2)))
        assert await world.states() == {"t": "done"}
        assert world.queue == []


async def test_without_any_fault_the_commands_are_enough_in_whatever_order_they_come(database: TestDatabase) -> None:
    for seed in range(12):
        async with a_world(database, Policy(lease_s=600, slots=2, window=2), messages=6) as world:
            for task_id, user_id in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b", "b")):
                world.request(task_id, user_id=user_id)
            way = random.Random(seed)  # noqa: S311 (chooses a way, guards nothing)
            await Chaos(world, way, faults=0).run()
            assert set((await world.states()).values()) == {"done"}, f"way {seed}"
            assert len(world.commands) == 4 * (1 + 3)
            await world.forget()
