"""A lease: which process of many does a job, by the database's clock alone."""

import datetime as dt
import uuid
from dataclasses import dataclass

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shared.mongo import Database

COLLECTION = "status_leases"


@dataclass(frozen=True, slots=True)
class Tenure:
    """The lease is held: `now` is the database's time, `since` when this holder got it, without a gap from then on."""

    now: dt.datetime
    since: dt.datetime


class Lease:
    """One document for all who want it; whoever renews it in time keeps it, and it passes on when nobody does.

    A holder that was paused can go on for a moment beside the next one: what is done under it must be harmless twice.
    """

    def __init__(self, database: Database, name: str, *, lasts: dt.timedelta) -> None:
        self._leases = database[COLLECTION]
        self._name = name
        self._holder = str(uuid.uuid4())
        self._milliseconds = round(lasts.total_seconds() * 1000)

    async def hold(self) -> Tenure | None:
        """Get or renew the lease, in one conditional write; None while another one has it. Raises pymongo's errors."""
        mine = {"$eq": ["$holder", self._holder]}
        valid = {"$gt": ["$expires_at", "$$NOW"]}
        held = {
            "_id": self._name,
            "holder": self._holder,
            "since": {"$cond": [{"$and": [mine, valid]}, "$since", "$$NOW"]},
            "renewed_at": "$$NOW",
            "expires_at": {"$add": ["$$NOW", self._milliseconds]},
        }
        try:
            lease = await self._leases.find_one_and_update(
                {"_id": self._name},
                [{"$replaceWith": {"$cond": [{"$or": [mine, {"$not": [valid]}]}, held, "$$ROOT"]}}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # two made the first one at the same time
            return None
        return Tenure(lease["renewed_at"], lease["since"]) if lease["holder"] == self._holder else None

    async def release(self) -> None:
        """Give the lease back, if it is held: another one may have it at once. Raises pymongo's errors."""
        await self._leases.delete_one({"_id": self._name, "holder": self._holder})
