"""A lease in the database: it decides which one of many processes does a job, by the database's
clock alone."""

import datetime as dt
import uuid
from dataclasses import dataclass

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shared.mongo import Database

COLLECTION = "status_leases"


@dataclass(frozen=True, slots=True)
class HeldLease:
    """The lease is held without a gap since `since`; `now` is the time of the database."""

    now: dt.datetime
    since: dt.datetime


class Lease:
    """One document for all candidates: the holder renews it in time, or another one acquires it.

    A holder that was paused can go on for a moment beside the next one, so the work must be
    harmless when done twice.
    """

    def __init__(self, database: Database, name: str, *, lasts: dt.timedelta) -> None:
        self._leases = database[COLLECTION]
        self._name = name
        self._holder = str(uuid.uuid4())
        self._milliseconds = round(lasts.total_seconds() * 1000)

    async def acquire(self) -> HeldLease | None:
        """Get or renew the lease in one conditional write; None while another process holds it.

        Raises pymongo's errors.
        """
        is_own = {"$eq": ["$holder", self._holder]}
        is_valid = {"$gt": ["$expires_at", "$$NOW"]}
        held = {
            "_id": self._name,
            "holder": self._holder,
            "since": {"$cond": [{"$and": [is_own, is_valid]}, "$since", "$$NOW"]},
            "renewed_at": "$$NOW",
            "expires_at": {"$add": ["$$NOW", self._milliseconds]},
        }
        try:
            lease = await self._leases.find_one_and_update(
                {"_id": self._name},
                [{"$replaceWith": {"$cond": [{"$or": [is_own, {"$not": [is_valid]}]}, held, "$$ROOT"]}}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # two processes inserted the first lease at the same time
            return None
        return HeldLease(lease["renewed_at"], lease["since"]) if lease["holder"] == self._holder else None

    async def release(self) -> None:
        """Release the lease if it is held, so that another process may acquire it at once.

        Raises pymongo's errors.
        """
        await self._leases.delete_one({"_id": self._name, "holder": self._holder})
