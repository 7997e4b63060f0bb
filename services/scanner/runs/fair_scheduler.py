"""Whose turn it is: users take turns, whatever commands happen to lie in front in the queue."""

import logging

from pymongo import WriteConcern
from pymongo.read_concern import ReadConcern

from services.scanner.runs.expressions import claimable_unit
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import PLAN, Claim, Policy, Unit
from shared.mongo import UNAVAILABLE, Collection, Document

logger = logging.getLogger("mailtally.scanner.turns")

_ACTIVE = {"slot": {"$exists": True}}
"""As in the partial index: the runs that are planned or under way."""


class Turns:
    """Claims the unit that is next, of the user who has not been served for the longest time."""

    def __init__(self, runs: Collection, leases: Leases, policy: Policy) -> None:
        # Who was served when decides nothing but the order, so nobody waits for the disk: what counts is the claim.
        self._runs = runs.with_options(read_concern=ReadConcern("local"), write_concern=WriteConcern(w=1, j=False))
        self._leases = leases
        self._policy = policy

    async def claim(self) -> Claim | None:
        """The lease of the next unit; None when there is nothing to do.

        Listing a mailbox does not count as being served: a scan that begins gets its first slice at its user's turn.
        """
        tried: list[str] = []
        while (found := await self._next(tried)) is not None:
            task_id, unit = found
            claim = await self._leases.claim(task_id, unit)
            if claim is not None:
                if unit != PLAN:
                    await self._served(claim.run["user_id"])
                return claim
            tried.append(f"{task_id}/{unit.key}")  # somebody else was quicker, or it may not be taken now
        return None

    async def _next(self, tried: list[str]) -> tuple[str, Unit] | None:
        order = {"turn": 1, "request.requested_at": 1, "_id": 1}
        pipeline: list[Document] = [
            {"$match": _ACTIVE},
            {"$sort": order},
            {"$project": {"unit": claimable_unit(max_tries=self._policy.max_tries, without=tried)}},
            {"$match": {"unit": {"$type": "string"}}},
            {"$limit": 1},
        ]
        async for found in self._runs.aggregate(pipeline):
            return str(found["_id"]), Unit.of_key(found["unit"])
        return None

    async def _served(self, user_id: str) -> None:
        """Only the order depends on it: a claimed unit must not be left to nobody because this was not written."""
        try:
            await self._runs.update_many({"user_id": user_id, **_ACTIVE}, [{"$set": {"turn": "$$NOW"}}])
        except UNAVAILABLE as error:
            logger.warning("a turn was not noted", extra={"reason": type(error).__name__})
