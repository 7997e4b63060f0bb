"""Queries of the rescuer, and the conditional writes by which exactly one scanner acts on their
result.

A run that may need the rescuer has a time in `look_at`, which is never later than the time at which
the first of its units is due. So a sweep reads only the runs that are due, however many there are.
"""

from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument

from services.scanner.runs.expressions import RESEND_MS, after, or_zero
from services.scanner.runs.model import ACTIVE_STATES, TERMINAL_STATES, Policy, Unit
from shared.mongo import Collection, Document

MAX_DUE_RUNS = 200
_LONGEST_WAIT_MS = 30 * 60 * 1000


@dataclass(frozen=True)
class StuckUnit:
    """A unit that no scanner holds although its command should have arrived long ago."""

    task_id: str
    unit: Unit
    nudge_at: datetime


@dataclass(frozen=True)
class DueRun:
    """A run that the rescuer must look at now."""

    task_id: str
    look_at: datetime


@dataclass(frozen=True)
class TakenRun:
    """A run that this scanner, and no other, looks at now; `run` is without its slices."""

    run: Document
    stuck_units: tuple[StuckUnit, ...]


class RescueQueries:
    """Finds what is due and lets one scanner win it.

    It may be wrong at any time, as everything that follows is conditional. Rows of
    docs/scan-runs.md: `take`, `resend`, `announce run`.
    """

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def due_runs(self) -> list[DueRun]:
        """Return the runs that have been due for the longest time, at most `MAX_DUE_RUNS`."""
        pipeline: list[Document] = [
            {"$match": {"look_at": {"$exists": True}}},
            {"$sort": {"look_at": 1}},
            {"$limit": MAX_DUE_RUNS},
            {"$match": {"$expr": {"$lt": ["$look_at", "$$NOW"]}}},
            {"$project": {"look_at": 1}},
        ]
        return [DueRun(str(run["_id"]), run["look_at"]) async for run in self._runs.aggregate(pipeline)]

    async def take(self, due: DueRun) -> TakenRun | None:
        """Win the right to look at a run, and set when it is due next; return None if another
        scanner has it."""
        next_look = {
            "$switch": {
                "branches": [
                    {"case": {"$in": ["$state", list(ACTIVE_STATES)]}, "then": self._when_a_unit_is_due()},
                    {"case": {"$in": ["$state", list(TERMINAL_STATES)]}, "then": after(_doubled(RESEND_MS, "resends"))},
                ],
                "default": after(2 * self._policy.lease_ms),
            }
        }
        resends = {"$cond": [{"$in": ["$state", list(TERMINAL_STATES)]}, _one_more("resends"), "$$REMOVE"]}
        run: Document | None = await self._runs.find_one_and_update(
            {"_id": due.task_id, "look_at": due.look_at},
            [{"$set": {"look_at": next_look, "resends": resends}}],
            projection={**_RUN_FIELDS, "due": _stuck_units()},
            return_document=ReturnDocument.AFTER,
        )
        if run is None:
            return None
        units = run.pop("due")
        stuck = (StuckUnit(due.task_id, Unit.of_key(unit["k"]), unit["v"]["nudge_at"]) for unit in units)
        return TakenRun(run, tuple(stuck))

    def _when_a_unit_is_due(self) -> Document:
        """Return when the next unit is due; a lease ahead at the latest, as the task may have been
        cancelled."""
        ahead = {"$filter": {"input": _UNITS, "as": "unit", "cond": {"$gt": ["$$unit.v.nudge_at", "$$NOW"]}}}
        times = {"$map": {"input": ahead, "as": "unit", "in": "$$unit.v.nudge_at"}}
        return {"$min": [{"$min": times}, after(self._policy.lease_ms)]}

    async def claim_resend(self, stuck: StuckUnit) -> bool:
        """Win the right to send the unit's command again; double the wait until the next time."""
        path = stuck.unit.path
        update = [
            {
                "$set": {
                    f"{path}.nudge_at": after(_doubled(self._policy.lease_ms, f"{path}.nudges")),
                    f"{path}.nudges": _one_more(f"{path}.nudges"),
                }
            }
        ]
        condition = {
            "_id": stuck.task_id,
            "state": {"$in": list(ACTIVE_STATES)},
            f"{path}.nudge_at": stuck.nudge_at,
        }
        changed = await self._runs.update_one(condition, update)
        return changed.modified_count == 1

    async def mark_announced(self, task_id: str) -> None:
        """Record that the task was seen to have ended: nothing is left to publish or to look at."""
        await self._runs.update_one(
            {"_id": task_id, "state": {"$in": list(TERMINAL_STATES)}},
            {"$set": {"settled": True}, "$unset": {"look_at": ""}},
        )


_RUN_FIELDS = dict.fromkeys(("state", "user_id", "account_id", "traceparent", "plan", "started", "end", "settled"), 1)

_UNITS: Document = {
    "$concatArrays": [[{"k": "plan", "v": "$plan"}], {"$objectToArray": {"$ifNull": ["$slices", {}]}}],
}


def _stuck_units() -> Document:
    """Return the expression of the units that are released and due, neither held nor done and
    announced."""
    announced = {"$and": [{"$eq": ["$$unit.v.state", "done"]}, "$$unit.v.flushed"]}
    free = {"$or": [{"$ne": ["$$unit.v.state", "leased"]}, {"$lt": ["$$unit.v.lease_until", "$$NOW"]}]}
    due = {
        "$and": [
            {"$gt": ["$$unit.v.nudge_at", None]},
            {"$lt": ["$$unit.v.nudge_at", "$$NOW"]},
            {"$lte": ["$$unit.v.not_before", "$$NOW"]},
        ]
    }
    stuck = {"$filter": {"input": _UNITS, "as": "unit", "cond": {"$and": [due, free, {"$not": [announced]}]}}}
    return {"$cond": [{"$in": ["$state", list(ACTIVE_STATES)]}, stuck, []]}


def _doubled(milliseconds: int, times: str) -> Document:
    """Return the expression of a wait that was doubled so many times, at most half an hour."""
    wait = {"$multiply": [milliseconds, {"$pow": [2, or_zero(f"${times}")]}]}
    return {"$min": [wait, _LONGEST_WAIT_MS]}


def _one_more(times: str) -> Document:
    """Return the expression of the counter plus one, at most 20: by then the wait is at its
    longest."""
    return {"$min": [20, {"$add": [or_zero(f"${times}"), 1]}]}
