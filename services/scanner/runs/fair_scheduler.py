"""Fair scheduler: gives the next unit to the user who was served least recently.

The order of the commands in the queue does not matter.
"""

import logging

from pymongo import WriteConcern
from pymongo.read_concern import ReadConcern

from services.scanner.runs.expressions import first_claimable_unit
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, Claim, Policy, Unit
from shared.mongo import UNAVAILABLE, Collection, Document

logger = logging.getLogger("mailtally.scanner.fair_scheduler")

_ACTIVE = {"slot": {"$exists": True}}
"""The filter of the partial index: the active runs."""


class FairScheduler:
    """Claims the next unit of the user who has waited longest for being served.

    Rows of docs/scan-runs.md: `serve`.
    """

    def __init__(self, runs: Collection, leases: Leases, policy: Policy) -> None:
        # Turns decide only the order, so no write waits for the disk: what counts is the claim.
        self._runs = runs.with_options(read_concern=ReadConcern("local"), write_concern=WriteConcern(w=1, j=False))
        self._leases = leases
        self._policy = policy

    async def claim_next(self) -> Claim | None:
        """Lease the next unit; return None when there is nothing to do.

        Listing a mailbox does not count as being served: a scan that begins gets its first slice at
        its user's turn.
        """
        tried: list[str] = []
        while (candidate := await self._next(tried)) is not None:
            task_id, unit = candidate
            claim = await self._leases.claim(task_id, unit)
            if claim is not None:
                if unit != PLAN:
                    await self._record_served(claim.run["user_id"])
                return claim
            tried.append(f"{task_id}/{unit.key}")  # another scanner was quicker, or it may not be claimed now
        return None

    async def _next(self, tried: list[str]) -> tuple[str, Unit] | None:
        order = {"turn": 1, "request.requested_at": 1, "_id": 1}
        pipeline: list[Document] = [
            {"$match": _ACTIVE},
            {"$sort": order},
            {"$project": {"unit": first_claimable_unit(max_tries=self._policy.max_tries, without=tried)}},
            {"$match": {"unit": {"$type": "string"}}},
            {"$limit": 1},
        ]
        async for run in self._runs.aggregate(pipeline):
            return str(run["_id"]), Unit.of_key(run["unit"])
        return None

    async def _record_served(self, user_id: str) -> None:
        """Record when the user was served. A failure is ignored: only the order depends on it, and
        the unit that was claimed must be worked on."""
        try:
            await self._runs.update_many({"user_id": user_id, **_ACTIVE}, [{"$set": {"turn": "$$NOW"}}])
        except UNAVAILABLE as error:
            logger.warning("turn not recorded", extra={"event": "turn_not_recorded", "reason": type(error).__name__})
