"""What the sweeper looks for, and the conditional writes by which exactly one scanner nudges."""

from dataclasses import dataclass
from datetime import datetime

from services.scanner.runs.expressions import RESEND_MS, after
from services.scanner.runs.model import ACTIVE_STATES, OPEN_STATES, PLAN, TERMINAL_STATES, WAITING, Policy, Unit
from services.scanner.tasks import TERMINAL_STATUSES
from shared.mongo import Collection, Document

_LONGEST_NUDGE_MS = 30 * 60 * 1000
_AT_ONCE = 200
_TASKS = "scanning_tasks"


@dataclass(frozen=True)
class Neglected:
    """A unit that nobody holds although its command should have come long ago."""

    task_id: str
    unit: Unit
    nudge_at: datetime


class Sweeps:
    """The sweeper's four rules; each may be wrong at any time, as all that follows is conditional."""

    def __init__(self, runs: Collection, policy: Policy) -> None:
        self._runs = runs
        self._policy = policy

    async def neglected_units(self) -> list[Neglected]:
        """Rule 1: released units that are not done and flushed, not held, and due for a nudge."""
        units: Document = {
            "$concatArrays": [
                [{"k": "plan", "v": "$plan"}],
                {"$objectToArray": {"$ifNull": ["$slices", {}]}},
            ]
        }
        due = {
            "$filter": {
                "input": units,
                "as": "unit",
                "cond": {
                    "$and": [
                        {"$lt": ["$$unit.v.nudge_at", "$$NOW"]},
                        {"$gt": ["$$unit.v.nudge_at", None]},
                        {"$not": [{"$and": [{"$eq": ["$$unit.v.state", "done"]}, "$$unit.v.flushed"]}]},
                        {"$or": [{"$ne": ["$$unit.v.state", "leased"]}, {"$lt": ["$$unit.v.lease_until", "$$NOW"]}]},
                        {"$lte": ["$$unit.v.not_before", "$$NOW"]},
                    ]
                },
            }
        }
        pipeline: list[Document] = [
            {"$match": {"state": {"$in": list(ACTIVE_STATES)}}},
            {"$project": {"due": due}},
            {"$unwind": "$due"},
            {"$project": {"unit": "$due.k", "nudge_at": "$due.v.nudge_at"}},
            {"$limit": _AT_ONCE},
        ]
        return [
            Neglected(str(found["_id"]), _unit(found["unit"]), found["nudge_at"])
            async for found in self._runs.aggregate(pipeline)
        ]

    async def nudge(self, neglected: Neglected) -> bool:
        """Win the right to send the unit's command again; the wait until the next nudge doubles."""
        path = neglected.unit.path
        wait = {"$multiply": [self._policy.lease_ms, {"$pow": [2, {"$ifNull": [f"${path}.nudges", 0]}]}]}
        update = [
            {
                "$set": {
                    f"{path}.nudge_at": after({"$min": [wait, _LONGEST_NUDGE_MS]}),
                    # The exponent stays small: beyond 20 doublings the wait is at its longest anyway.
                    f"{path}.nudges": {"$min": [20, {"$add": [{"$ifNull": [f"${path}.nudges", 0]}, 1]}]},
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

    async def users_with_a_free_slot(self) -> list[str]:
        """Rule 2: users who wait although fewer scans than allowed are active."""
        active = {"$cond": [{"$in": ["$state", list(ACTIVE_STATES)]}, 1, 0]}
        waiting = {"$cond": [{"$eq": ["$state", WAITING]}, 1, 0]}
        pipeline: list[Document] = [
            {"$match": {"state": {"$in": list(OPEN_STATES)}}},
            {"$group": {"_id": "$user_id", "active": {"$sum": active}, "waiting": {"$sum": waiting}}},
            {"$match": {"waiting": {"$gt": 0}, "active": {"$lt": self._policy.slots}}},
            {"$limit": _AT_ONCE},
        ]
        return [str(found["_id"]) async for found in self._runs.aggregate(pipeline)]

    async def unsettled(self) -> list[Document]:
        """Rule 3: ended runs whose task was not seen ended in time."""
        condition = {
            "state": {"$in": list(TERMINAL_STATES)},
            "settled": False,
            "$expr": {"$lt": ["$resend_at", "$$NOW"]},
        }
        runs: list[Document] = await self._runs.find(condition, {"slices": 0}).limit(_AT_ONCE).to_list(None)
        return runs

    async def settle(self, task_id: str) -> None:
        """Note that the task was seen ended: nothing is left to be published."""
        await self._runs.update_one(
            {"_id": task_id, "state": {"$in": list(TERMINAL_STATES)}}, {"$set": {"settled": True}}
        )

    async def resend(self, run: Document) -> bool:
        """Win the right to publish the terminal event again; the wait until the next time doubles, as for nudges."""
        wait = {"$multiply": [RESEND_MS, {"$pow": [2, {"$min": [20, "$resends"]}]}]}
        update = [
            {"$set": {"resend_at": after({"$min": [wait, _LONGEST_NUDGE_MS]}), "resends": {"$add": ["$resends", 1]}}}
        ]
        condition = {"_id": run["_id"], "settled": False, "resend_at": run["resend_at"]}
        changed = await self._runs.update_one(condition, update)
        return changed.modified_count == 1

    async def contradicted(self) -> list[str]:
        """Rule 4: open runs whose task was asked to be cancelled, or has ended already."""
        over: Document = {
            "$or": [{"cancel_requested_at": {"$type": "date"}}, {"status": {"$in": list(TERMINAL_STATUSES)}}]
        }
        pipeline: list[Document] = [
            {"$match": {"state": {"$in": list(OPEN_STATES)}}},
            {"$project": {"_id": 1}},
            {
                "$lookup": {
                    "from": _TASKS,
                    "localField": "_id",
                    "foreignField": "_id",
                    "pipeline": [{"$match": over}, {"$project": {"_id": 1}}],
                    "as": "task",
                }
            },
            {"$match": {"task": {"$ne": []}}},
            {"$limit": _AT_ONCE},
            {"$project": {"_id": 1}},
        ]
        return [str(found["_id"]) async for found in self._runs.aggregate(pipeline)]


def _unit(key: str) -> Unit:
    return PLAN if key == "plan" else Unit(int(key))
