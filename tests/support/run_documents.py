"""Runs in `scan_runs`, moved to where a test needs them by the protocol's own steps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from services.scanner.runs.completion import Completion
from services.scanner.runs.fair_scheduler import FairScheduler
from services.scanner.runs.indexes import RUN_INDEXES
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, Claim, Counters, Policy, Unit
from services.scanner.runs.rescue import RescueQueries, StuckUnit
from services.scanner.runs.start import RunAdmission
from services.scanner.slices import Slice
from shared.events import ScanRequested, utc_now
from shared.indexes import ensure_indexes
from shared.mongo import Collection, Database, Document, connect, database

POLICY = Policy(lease_s=30, max_tries=3, slots=2, window=2)


def a_request(task_id: str, *, account_id: str | None = None, user_id: str = "user") -> ScanRequested:
    return ScanRequested(
        task_id=task_id,
        user_id=user_id,
        account_id=account_id or f"account-of-{task_id}",
        scan_type="all",
        requested_at=utc_now(),
    )


def some_slices(count: int) -> list[Slice]:
    """Slices of ten messages each."""
    return [Slice("", 7, n * 1000, [(n * 10 + 1, n * 10 + 10)], 10) for n in range(count)]


class RunDocuments:
    """The steps of the protocol on one database, as two scanners would take them."""

    def __init__(self, db: Database, policy: Policy = POLICY) -> None:
        self.database = db
        self.collection = runs = db["scan_runs"]
        self.policy = policy
        self.admission = RunAdmission(runs, policy)
        self.leases = Leases(runs, policy, owner="first")
        self.other_leases = Leases(runs, policy, owner="second")
        self.completion = Completion(runs, policy)
        self.scheduler = FairScheduler(runs, self.leases, policy)
        self.rescue = RescueQueries(runs, policy)

    async def get(self, task_id: str) -> Document:
        run = await self.collection.find_one({"_id": task_id})
        assert run is not None
        return run

    async def planning(self, task_id: str, *, user_id: str = "user") -> None:
        assert await self.admission.insert_waiting(a_request(task_id, user_id=user_id))
        started, _ = await self.admission.start_in_slot(task_id)
        assert started is not None

    async def running(self, task_id: str, *, slices: int, messages: int | None = None, user_id: str = "user") -> None:
        await self.planning(task_id, user_id=user_id)
        claim = await self.claimed(task_id, PLAN)
        total = slices * 10 if messages is None else messages
        planned = await self.completion.complete_plan(
            claim, some_slices(slices), messages=total, skipped=total - slices * 10, estimated_s=1.0
        )
        assert planned is not None

    async def claimed(self, task_id: str, unit: Unit) -> Claim:
        claim = await self.leases.claim(task_id, unit)
        assert claim is not None
        return claim

    async def complete_slice(self, claim: Claim, counters: Counters) -> Document | None:
        """Look how far the run is, then finish the slice, as its holder does."""
        remaining = await self.completion.slices_left(claim)
        return None if remaining is None else await self.completion.complete_slice(claim, counters, remaining)

    async def let_lease_run_out(self, claim: Claim) -> None:
        """As if the lease's time had passed: nobody waits for it in a test."""
        path = claim.unit.path
        aged = {"$subtract": ["$$NOW", 1]}
        await self.collection.update_one({"_id": claim.task_id}, [{"$set": {f"{path}.lease_until": aged}}])

    async def make_due(self, task_id: str, field: str) -> None:
        """Move a time of the run into the past; if anybody is to look at it, then now."""
        past = {"$subtract": ["$$NOW", 1]}
        await self.collection.update_one({"_id": task_id}, [{"$set": {field: past, "look_at": past}}])

    async def stuck_units(self) -> list[StuckUnit]:
        """The units whose commands a sweep would send again."""
        taken = [await self.rescue.take(due) for due in await self.rescue.due_runs()]
        return [stuck for run in taken if run is not None for stuck in run.stuck_units]


async def everything_is_due(runs: Collection) -> None:
    """As if the time had come for all that a time is set for: leases, nudges, waits, ends to be told again."""
    await _change_times(runs, {"$subtract": ["$$NOW", 1]})


async def time_passes(runs: Collection, seconds: float) -> None:
    """As if it were so much later."""
    await _change_times(runs, {"$subtract": ["$$time", seconds * 1000]})


async def _change_times(runs: Collection, changed: Document) -> None:
    unit = {name: _changed(f"$$unit.v.{name}", changed) for name in ("lease_until", "nudge_at", "not_before")}
    slices = {
        "input": {"$objectToArray": "$slices"},
        "as": "unit",
        "in": {"k": "$$unit.k", "v": {"$mergeObjects": ["$$unit.v", unit]}},
    }
    plan = {"vars": {"unit": {"v": "$plan"}}, "in": {"$mergeObjects": ["$plan", unit]}}
    await runs.update_many({}, [{"$set": {"look_at": _changed("$look_at", changed)}}])
    await runs.update_many({"plan": {"$exists": True}}, [{"$set": {"plan": {"$let": plan}}}])
    await runs.update_many({"slices": {"$exists": True}}, [{"$set": {"slices": {"$arrayToObject": {"$map": slices}}}}])


def _changed(field: str, changed: Document) -> Document:
    """The time in a field after the change; a field that is not there does not appear."""
    return {"$let": {"vars": {"time": field}, "in": {"$cond": [{"$gt": ["$$time", None]}, changed, "$$REMOVE"]}}}


@asynccontextmanager
async def run_documents(url: str, name: str, policy: Policy = POLICY) -> AsyncIterator[RunDocuments]:
    """The steps on a database with its indexes, as the scanner's own user."""
    client = connect(url, service="scanner")
    try:
        db = database(client, name)
        await ensure_indexes(db, RUN_INDEXES)
        yield RunDocuments(db, policy)
    finally:
        client.close()


def stale(claim: Claim) -> Claim:
    """The claim of a holder that was overtaken."""
    return replace(claim, token=claim.token - 1)
