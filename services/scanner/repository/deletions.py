"""Deleted accounts of the last day, whose erasure is repeated: a scanner may have learnt of it
late."""

import datetime as dt

from pymongo import ReturnDocument

from shared.mongo import Collection, Document

_LATER_S = (15 * 60, 60 * 60, 24 * 60 * 60)
"""Waits before the repetitions after the first one, which comes two leases after the deletion: a
scanner that was cut off or frozen may come back."""


class DeletedAccounts:
    """Writes `account_deletions`; time is the database's."""

    def __init__(self, deletions: Collection, *, lease_s: float) -> None:
        self._deletions = deletions
        self._waits_ms = [int(2 * lease_s * 1000), *(seconds * 1000 for seconds in _LATER_S)]

    async def add(self, account_id: str, user_id: str, deleted_at: dt.datetime) -> None:
        """Add the account; adding it again changes nothing."""
        fresh = {
            "user_id": {"$literal": user_id},
            "deleted_at": deleted_at,
            "looks": 0,
            "look_at": {"$add": ["$$NOW", self._waits_ms[0]]},
        }
        unknown = {name: {"$ifNull": [f"${name}", value]} for name, value in fresh.items()}
        await self._deletions.update_one({"_id": account_id}, [{"$set": unknown}], upsert=True)

    async def take_due(self) -> Document | None:
        """Take the account that is due for the longest time; it is due again later."""
        pipeline: list[Document] = [
            {"$sort": {"look_at": 1}},
            {"$limit": 1},
            {"$match": {"$expr": {"$lt": ["$look_at", "$$NOW"]}}},
            {"$project": {"look_at": 1}},
        ]
        due = await anext(self._deletions.aggregate(pipeline), None)
        if due is None:
            return None
        looks = {"$add": ["$looks", 1]}
        wait = {"$arrayElemAt": [self._waits_ms, {"$min": [looks, len(self._waits_ms) - 1]}]}
        deletion: Document | None = await self._deletions.find_one_and_update(
            {"_id": due["_id"], "look_at": due["look_at"]},
            [{"$set": {"looks": looks, "look_at": {"$add": ["$$NOW", wait]}}}],
            return_document=ReturnDocument.AFTER,
        )
        return deletion

    async def postpone(self, account_id: str) -> None:
        """Make the account due again soon without counting this time: something could not be erased
        yet."""
        sooner = {"looks": {"$subtract": ["$looks", 1]}, "look_at": {"$add": ["$$NOW", self._waits_ms[0]]}}
        await self._deletions.update_one({"_id": account_id}, [{"$set": sooner}])

    async def remove_if_done(self, deletion: Document) -> bool:
        """Remove the account if this was the last repetition; return whether it was."""
        if deletion["looks"] < len(self._waits_ms):
            return False
        await self._deletions.delete_one({"_id": deletion["_id"]})
        return True
