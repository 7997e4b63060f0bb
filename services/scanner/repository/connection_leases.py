"""Leases of connections: how many connections to one account are open, counted for all scanners."""

import asyncio
import logging
import random
import uuid
from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from shared.mongo import UNAVAILABLE, Collection, Document

logger = logging.getLogger("mailtally.scanner.connections")

_HELD_S = 60
"""After this many seconds a place of a scanner that died is free."""
_RENEWED_S = 15.0


class ConnectionLease:
    """One place of an account, renewed until it is released."""

    def __init__(self, places: Collection, key: str, holder: str) -> None:
        self._places = places
        self._key = key
        self._holder = holder
        self._renewing = asyncio.create_task(self._renew())

    async def release(self) -> None:
        """Release the place. If the database is unavailable, the lease runs out by itself."""
        self._renewing.cancel()
        await asyncio.gather(self._renewing, return_exceptions=True)
        with suppress(*UNAVAILABLE):
            await self._places.delete_one({"_id": self._key, "holder": self._holder})

    async def _renew(self) -> None:
        """Renew the lease for ever.

        A place that was lost meanwhile is not taken back: the connection exists, and ends soon.
        """
        while True:
            await asyncio.sleep(_RENEWED_S)
            try:
                await self._places.update_one({"_id": self._key, "holder": self._holder}, [{"$set": _until()}])
            except UNAVAILABLE as error:
                logger.warning(
                    "connection lease not renewed: database unavailable",
                    extra={"event": "connection_lease_not_renewed", "reason": type(error).__name__},
                )


class ConnectionLeases:
    """The places in `mail_connections`: documents `<account>/<number>`, free when missing or run
    out."""

    def __init__(self, places: Collection, *, each: int) -> None:
        self._places = places
        self._each = each

    async def take(self, account_id: str) -> ConnectionLease | None:
        """Take a free place; return None if there is none at the moment."""
        numbers = list(range(self._each))
        random.shuffle(numbers)
        for number in numbers:
            key, holder = f"{account_id}/{number}", uuid.uuid4().hex
            if await self._take(key, account_id, holder):
                return ConnectionLease(self._places, key, holder)
        return None

    async def _take(self, key: str, account_id: str, holder: str) -> bool:
        ran_out = {"_id": key, "$expr": {"$lt": ["$until", "$$NOW"]}}
        taken: list[Document] = [
            {"$set": {**_until(), "holder": {"$literal": holder}, "account_id": {"$literal": account_id}}}
        ]
        if (await self._places.update_one(ran_out, taken)).matched_count:
            return True
        try:
            # An insert as an update whose filter matches no place, to write the database's time.
            await self._places.update_one({"_id": key, "holder": {"$exists": False}}, taken, upsert=True)
        except DuplicateKeyError:
            return False  # another scanner holds it
        return True


def _until() -> Document:
    return {"until": {"$add": ["$$NOW", _HELD_S * 1000]}}
