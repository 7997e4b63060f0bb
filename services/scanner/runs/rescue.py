"""What the sweeper looks for, and the conditional writes by which exactly one scanner acts on it.

A run that may need the sweeper says when in `look_at`, which no write makes later than the first of its units is due.
So a sweep reads only the runs that are due, however many there are.
"""

from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument

from services.scanner.runs.expressions import RESEND_MS, after, or_zero
from services.scanner.runs.model import ACTIVE_STATES, TERMINAL_STATES, Policy, Unit
from shared.mongo import Collection, Document

AT_ONCE = 200
_LONGEST_WAIT_MS = 30 * 60 * 1000


@dataclass(frozen=True)
class Neglected:
    """A unit that nobody holds although its command should have come long ago."""

    task_id: str
    unit: Unit
    nudge_at: datetime


@dataclass(frozen=True)
class Due:
    """A run whose time to be looked at has come."""

    task_id: str
    look_at: datetime


@dataclass(frozen=True)
class Looked:
    """A run that this scanner, and no other, is to look at now; `run` is without its slices."""

    run: Document
    neglected: tuple[Neglected, ...]


class Sweeps:
    """Finds and shares out what is to be done; it may be wrong at any time, as all that follows is conditional."""

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def due(self) -> list[Due]:
        """The runs that wait the longest to be looked at, at most `AT_ONCE`."""
        pipeline: list[Document] = [
            {"$match": {"look_at": {"$exists": True}}},
            {"$sort": {"look_at": 1}},
            {"$limit": AT_ONCE},
            {"$match": {"$expr": {"$lt": ["$look_at", "$$NOW"]}}},
            {"$project": {"look_at": 1}},
        ]
        return [Due(str(run["_id"]), run["look_at"]) async for run in self._runs.aggregate(pipeline)]

    async def look(self, due: Due) -> Looked | None:
        """Win the right to look at a run, and set when it is looked at next; None if another scanner has it."""
        next_look = {
            "$switch": {
                "branches": [
                    {"case": {"$in": ["$state", list(ACTIVE_STATES)]}, "then": self._when_a_unit_is_due()},
                    {"case": {"$in": ["$state", list(TERMINAL_STATES)]}, "then": after(_doubled(RESEND_MS, "resends"))},
                ],
                "default": after(2 * self._policy.lease_ms),
            }
        }
        told_again = {"$cond": [{"$in": ["$state", list(TERMINAL_STATES)]}, _one_more("resends"), "$$REMOVE"]}
        run: Document | None = await self._runs.find_one_and_update(
            {"_id": due.task_id, "look_at": due.look_at},
            [{"$set": {"look_at": next_look, "resends": told_again}}],
            projection={**_SEEN, "due": _neglected()},
            return_document=ReturnDocument.AFTER,
        )
        if run is None:
            return None
        units = run.pop("due")
        neglected = (Neglected(due.task_id, Unit.of_key(unit["k"]), unit["v"]["nudge_at"]) for unit in units)
        return Looked(run, tuple(neglected))

    def _when_a_unit_is_due(self) -> Document:
        """When the first unit is due that is not due now; and within a lease, as the task may say otherwise."""
        ahead = {"$filter": {"input": _UNITS, "as": "unit", "cond": {"$gt": ["$$unit.v.nudge_at", "$$NOW"]}}}
        times = {"$map": {"input": ahead, "as": "unit", "in": "$$unit.v.nudge_at"}}
        return {"$min": [{"$min": times}, after(self._policy.lease_ms)]}

    async def nudge(self, neglected: Neglected) -> bool:
        """Win the right to send the unit's command again; the wait until the next nudge doubles."""
        path = neglected.unit.path
        update = [
            {
                "$set": {
                    f"{path}.nudge_at": after(_doubled(self._policy.lease_ms, f"{path}.nudges")),
                    f"{path}.nudges": _one_more(f"{path}.nudges"),
                }
            }
        ]
        condition = {
            "_id": neglected.task_id,
            "state": {"$in": list(ACTIVE_STATES)},
            f"{path}.nudge_at": neglected.nudge_at,
        }
        changed = await self._runs.update_one(condition, update)
        return changed.modified_count == 1

    async def settle(self, task_id: str) -> None:
        """Note that the task was seen ended: nothing is left to be published, and nothing to be looked at."""
        await self._runs.update_one(
            {"_id": task_id, "state": {"$in": list(TERMINAL_STATES)}},
            {"$set": {"settled": True}, "$unset": {"look_at": ""}},
        )


_SEEN = dict.fromkeys(("state", "user_id", "account_id", "traceparent", "plan", "started", "end", "settled"), 1)

_UNITS: Document = {
    "$concatArrays": [[{"k": "plan", "v": "$plan"}], {"$objectToArray": {"$ifNull": ["$slices", {}]}}],
}


def _neglected() -> Document:
    """The units that are released, due, not held, and not done and told."""
    told = {"$and": [{"$eq": ["$$unit.v.state", "done"]}, "$$unit.v.flushed"]}
    free = {"$or": [{"$ne": ["$$unit.v.state", "leased"]}, {"$lt": ["$$unit.v.lease_until", "$$NOW"]}]}
    due = {
        "$and": [
            {"$gt": ["$$unit.v.nudge_at", None]},
            {"$lt": ["$$unit.v.nudge_at", "$$NOW"]},
            {"$lte": ["$$unit.v.not_before", "$$NOW"]},
        ]
    }
    found = {"$filter": {"input": _UNITS, "as": "unit", "cond": {"$and": [due, free, {"$not": [told]}]}}}
    return {"$cond": [{"$in": ["$state", list(ACTIVE_STATES)]}, found, []]}


def _doubled(milliseconds: int, times: str) -> Document:
    wait = {"$multiply": [milliseconds, {"$pow": [2, or_zero(f"${times}")]}]}
    return {"$min": [wait, _LONGEST_WAIT_MS]}


def _one_more(times: str) -> Document:
    """The exponent stays small: beyond 20 doublings the wait is at its longest anyway."""
    return {"$min": [20, {"$add": [or_zero(f"${times}"), 1]}]}
