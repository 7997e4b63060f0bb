"""The accounts that were deleted not long ago: what is found in them by a scanner that knew it late goes as well."""

import datetime as dt

from pymongo import ReturnDocument

from shared.mongo import Collection, Document

_LATER_S = (15 * 60, 60 * 60, 24 * 60 * 60)
"""Looks after the first, which comes two leases after the deletion: whoever was cut off or frozen may come back."""


class DeletedAccounts:
    """Writes `account_deletions`; time is the database's."""

    def __init__(self, deletions: Collection, *, lease_s: float) -> None:
        self._deletions = deletions
        self._waits_ms = [int(2 * lease_s * 1000), *(seconds * 1000 for seconds in _LATER_S)]

    async def note(self, account_id: str, user_id: str, deleted_at: dt.datetime) -> None:
        """Remember the account; noting it again changes nothing."""
        fresh = {
            "user_id": {"$literal": user_id},
            "deleted_at": deleted_at,
            "looks": 0,
            "look_at": {"$add": ["$$NOW", self._waits_ms[0]]},
        }
        unknown = {name: {"$ifNull": [f"${name}", value]} for name, value in fresh.items()}
        await self._deletions.update_one({"_id": account_id}, [{"$set": unknown}], upsert=True)

    async def take_due(self) -> Document | None:
        """An account that is due to be looked at, by whoever asks first; it is due again later."""
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
        found: Document | None = await self._deletions.find_one_and_update(
            {"_id": due["_id"], "look_at": due["look_at"]},
            [{"$set": {"looks": looks, "look_at": {"$add": ["$$NOW", wait]}}}],
            return_document=ReturnDocument.AFTER,
        )
        return found

    async def look_again(self, account_id: str) -> None:
        """Something could not be done yet: that look does not count."""
        sooner = {"looks": {"$subtract": ["$looks", 1]}, "look_at": {"$add": ["$$NOW", self._waits_ms[0]]}}
        await self._deletions.update_one({"_id": account_id}, [{"$set": sooner}])

    async def forget_if_over(self, deletion: Document) -> bool:
        """Whether this look was the last: then nothing is remembered any more."""
        if deletion["looks"] < len(self._waits_ms):
            return False
        await self._deletions.delete_one({"_id": deletion["_id"]})
        return True
