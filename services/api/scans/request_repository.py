"""The api's own record of accepted scans (`scan_requests`): one open request an account, one
request a key.

With it a repeated key gets the same response, a second scan of a busy account gets the active task,
and a task is visible before the status service has written it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.api.call_batching import BatchedCalls
from shared.mongo import Database, Document, duplicate_key_indexes

_KEYS_KEPT = 100


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key for one request; `fingerprint` shows whether a repeated key comes with the
    same request."""

    key: str
    given: str
    fingerprint: str


class ScanRequestRepository:
    """Repository of `scan_requests`. Every method is one atomic operation, which may serve several
    callers."""

    def __init__(self, database: Database) -> None:
        self._requests = database["scan_requests"]
        self._inserts = BatchedCalls(self._insert)
        self._confirms = BatchedCalls(self._confirm)

    async def insert(self, request: Document) -> bool:
        """Store a new request; False when its account has an open one, or its idempotency key is
        taken."""
        return await self._inserts.call(request)

    async def find(self, user_id: str, task_id: str) -> Document | None:
        """Return the user's request."""
        return await self._requests.find_one({"_id": task_id, "user_id": user_id})

    async def open_of(self, account_id: str) -> Document | None:
        """Return the account's open request; its task may have ended since."""
        return await self._requests.find_one({"open": account_id})

    async def by_key(self, user_id: str, key: IdempotencyKey) -> Document | None:
        """Return the request that this key belongs to."""
        return await self._requests.find_one({"user_id": user_id, "idempotency.key": key.key})

    async def is_key_reused(self, user_id: str, given: str, fingerprint: str) -> bool:
        """Return whether the key came with another request before."""
        other = {"given": given, "fingerprint": {"$ne": fingerprint}}
        found = await self._requests.find_one({"user_id": user_id, "idempotency": {"$elemMatch": other}}, {"_id": 1})
        return found is not None

    async def confirm(self, task_id: str) -> bool:
        """Record that the broker has the event. Return False when the request was withdrawn
        meanwhile."""
        return await self._confirms.call(task_id)

    async def withdraw(self, task_id: str) -> None:
        """Delete a request that the broker has not confirmed; its account is free again."""
        await self._requests.delete_one({"_id": task_id, "confirmed": False})

    async def close(self, task_id: str) -> None:
        """Record that the task has ended: its account may be scanned again."""
        await self._requests.update_one({"_id": task_id}, {"$unset": {"open": ""}})

    async def forget(self, task_ids: Sequence[str]) -> None:
        """Delete the requests of tasks that are about to be removed."""
        await self._requests.delete_many({"_id": {"$in": list(task_ids)}})

    async def remember_key(self, user_id: str, task_id: str, key: IdempotencyKey) -> bool:
        """Make a repetition of a request that joined an active task return that task again.

        Returns False when the key has its response already: the same request came at the same
        moment.
        """
        entry = _entry(key, accepted=False)
        try:
            result = await self._requests.update_one(
                {"_id": task_id, "idempotency.key": {"$ne": key.key}},
                {"$push": {"idempotency": {"$each": [entry], "$slice": _KEYS_KEPT}}},
            )
        except DuplicateKeyError:
            return False
        return result.matched_count == 1 or await self.by_key(user_id, key) is None

    async def traceparent(self, task_id: str) -> str | None:
        """Return the trace of the HTTP request that started the scan, which all events of the scan
        belong to."""
        request = await self._requests.find_one({"_id": task_id}, {"traceparent": 1})
        return None if request is None else request.get("traceparent")

    async def cancel_requested(self, user_id: str, task_id: str, now: datetime) -> datetime:
        """Record and return when a cancel was first requested, so that repetitions give the same
        event."""
        request = await self._requests.find_one_and_update(
            {"_id": task_id, "user_id": user_id},
            [{"$set": {"cancel_requested_at": {"$ifNull": ["$cancel_requested_at", now]}}}],
            projection={"cancel_requested_at": 1},
            return_document=ReturnDocument.AFTER,
        )
        at: datetime = request["cancel_requested_at"] if request else now
        return at

    async def _insert(self, requests: Sequence[Document]) -> list[bool]:
        try:
            await self._requests.insert_many(requests, ordered=False)
        except BulkWriteError as error:
            refused = set(duplicate_key_indexes(error))
            return [number not in refused for number in range(len(requests))]
        return [True] * len(requests)

    async def _confirm(self, task_ids: Sequence[str]) -> list[bool]:
        condition = {"_id": {"$in": list(task_ids)}}
        result = await self._requests.update_many(condition, {"$set": {"confirmed": True}})
        if result.matched_count == len(task_ids):
            return [True] * len(task_ids)
        existing = {request["_id"] async for request in self._requests.find(condition, {"_id": 1})}
        return [task_id in existing for task_id in task_ids]


def new_request(
    *,
    task_id: str,
    user_id: str,
    account_id: str,
    scan_type: str,
    months: int | None,
    full: bool,
    requested_at: datetime,
    key: IdempotencyKey | None,
    traceparent: str | None = None,
) -> Document:
    """Return the document of a request that is open and not yet confirmed."""
    request: Document = {
        "_id": task_id,
        "user_id": user_id,
        "account_id": account_id,
        "scan_type": scan_type,
        "months": months,
        "full": full,
        "requested_at": requested_at,
        "open": account_id,
        "confirmed": False,
    }
    if traceparent is not None:
        request["traceparent"] = traceparent
    if key is not None:
        request["idempotency"] = [_entry(key, accepted=True)]
    return request


def _entry(key: IdempotencyKey, *, accepted: bool) -> Document:
    return {"key": key.key, "given": key.given, "fingerprint": key.fingerprint, "accepted": accepted}
