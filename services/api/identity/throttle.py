"""Limit of sign-in attempts, counted before the password is checked, for all api processes
together."""

import datetime as dt
import hashlib

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.api.http.problems import Problem
from shared.events import utc_now
from shared.mongo import Database

_WINDOW = dt.timedelta(minutes=5)
_MAX_PER_NAME_AND_ADDRESS = 5
_MAX_PER_NAME = 100
"""From everywhere together: high, as otherwise anybody could lock anybody out."""
_MAX_PER_ADDRESS = 200


class LoginThrottle:
    """Writes `login_attempts`."""

    def __init__(self, database: Database) -> None:
        self._attempts = database["login_attempts"]

    async def count_attempt(self, name: str, address: str) -> None:
        """Count an attempt; raises `Problem` 429 when there were too many."""
        for scope, limit in (
            (_pair(name, address), _MAX_PER_NAME_AND_ADDRESS),
            (_key("name", name), _MAX_PER_NAME),
            (_key("address", address), _MAX_PER_ADDRESS),
        ):
            wait = await self._count(scope, limit)
            if wait is not None:
                seconds = max(1, round(wait))
                detail = f"Wait {-(-seconds // 60)} minutes."
                raise Problem("too_many_attempts", detail, headers={"Retry-After": str(seconds)})

    async def reset(self, name: str, address: str) -> None:
        """Forget earlier attempts after the right password."""
        await self._attempts.delete_one({"_id": _pair(name, address)})

    async def _count(self, scope: str, limit: int) -> float | None:
        """Count and return the seconds to wait, or None when the attempt is admitted."""
        now = utc_now()
        running = {"$gt": ["$expires_at", now]}
        change = {
            "count": {"$cond": [running, {"$add": ["$count", 1]}, 1]},
            "expires_at": {"$cond": [running, "$expires_at", now + _WINDOW]},
        }
        try:
            counted = await self._attempts.find_one_and_update(
                {"_id": scope}, [{"$set": change}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # two first attempts at the same moment
            return await self._count(scope, limit)
        return (counted["expires_at"] - now).total_seconds() if counted["count"] > limit else None


def _pair(name: str, address: str) -> str:
    return _key("both", f"{name}\n{address}")


def _key(kind: str, text: str) -> str:
    """Return a key that stores neither the name nor the address."""
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"
