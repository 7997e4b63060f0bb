"""Deliveries: one document for each webhook and event, which is log entry and queue item at once.

The natural key makes a redelivered event the same delivery. A delivery is due when it is `pending`
and its `next_attempt_at` is in the past. A worker leases it by moving `next_attempt_at` a minute
ahead; if the worker dies, the lease expires and another worker takes over.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from services.api.webhooks.schemas import Attempt
from shared.events import Event, EventData, utc_now
from shared.mongo import Database, Document, duplicate_key_indexes

COLLECTION = "webhook_deliveries"

_RETENTION = dt.timedelta(days=30)
_LEASE = dt.timedelta(seconds=60)
"""Four times the limit of one post."""
_ATTEMPTS_SHOWN = 20
_COUNT_LIMIT = 100_000
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class IncomingEvent:
    """An event as received, with the fields that decide which webhooks get it."""

    event_id: str
    type: str
    user_id: str
    subject: str
    account_id: str | None
    sequence: str
    body: bytes

    @classmethod
    def of(cls, event: Event[EventData], body: bytes) -> "IncomingEvent | None":
        """Return `event` with `body`, the bytes that it was decoded from and that are posted.

        None for an event that does not belong to a single user.
        """
        data = event.data
        user_id = getattr(data, "user_id", None)
        if user_id is None:
            return None
        return cls(
            event_id=event.id,
            type=event.routing_key,
            user_id=user_id,
            subject=event.subject,
            account_id=getattr(data, "account_id", None),
            sequence=event.sequence,
            body=body,
        )


@dataclass(frozen=True)
class LeasedDelivery:
    """A delivery that a worker is posting, with the fencing token of the lease."""

    user_id: str
    webhook_id: str
    event_id: str
    subject: str
    body: bytes
    tries: int
    first_try: dt.datetime | None
    token: str


@dataclass(frozen=True)
class InFlight:
    """Posts under way, from which no more may be leased.

    `users` and `webhooks` have reached their limit of concurrent posts; of each (webhook, subject)
    in `subjects` one post is under way, which keeps the order within a scan.
    """

    users: Collection[str]
    webhooks: Collection[str]
    subjects: Collection[tuple[str, str]]


class DeliveryRepository:
    """Reads and writes `webhook_deliveries`."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database[COLLECTION]
        self._webhooks = database["webhooks"]

    async def add(self, webhook_ids: Iterable[str], incoming: IncomingEvent) -> None:
        """Add a delivery of the event for each webhook; an existing one stays as it is."""
        now = utc_now()
        operations = [
            UpdateOne(
                {"_id": _key(webhook_id, incoming.event_id)},
                {"$setOnInsert": _document(webhook_id, incoming, now)},
                upsert=True,
            )
            for webhook_id in webhook_ids
        ]
        await self._write(operations)

    async def add_replayed(
        self, webhook_id: str, incoming: Iterable[IncomingEvent], replay_id: str, *, due: dt.datetime, number: int
    ) -> None:
        """Add deliveries of replayed events, or make existing ones due again.

        `number` counts the events of the replay before these. A delivery that this replay has made
        due already stays as it is.
        """
        now = utc_now()
        operations = []
        for position, event in enumerate(incoming, number):
            # A millisecond apart, because the earliest due delivery is posted first.
            on_write = _document(webhook_id, event, now) | {
                "next_attempt_at": due + dt.timedelta(milliseconds=position)
            }
            on_insert = {name: on_write.pop(name) for name in ("attempts", "created_at")}
            operations.append(
                UpdateOne(
                    {"_id": _key(webhook_id, event.event_id), "replay_id": {"$ne": replay_id}},
                    {"$set": {**on_write, "replay_id": replay_id}, "$setOnInsert": on_insert},
                    upsert=True,
                )
            )
        await self._write(operations)

    async def redeliver(self, webhook_id: str, event_id: str) -> Document | None:
        """Make a delivery due again with all its attempts and return it;

        None if it is not in the log.
        """
        now = utc_now()
        on_write = {"state": "pending", "next_attempt_at": now, "tries": 0, "first_try": None, "token": None}
        document: Document | None = await self._deliveries.find_one_and_update(
            {"_id": _key(webhook_id, event_id)},
            {"$set": {**on_write, "expires_at": now + _RETENTION}},
            return_document=ReturnDocument.AFTER,
        )
        return document

    async def lease_next(self, in_flight: InFlight) -> LeasedDelivery | None:
        """Lease the delivery that has been due for longest, except what `in_flight` excludes."""
        now, token = utc_now(), secrets.token_hex(8)
        due: Document = {"state": "pending", "next_attempt_at": {"$lte": now}}
        if in_flight.users:
            due["user_id"] = {"$nin": list(in_flight.users)}
        if in_flight.webhooks:
            due["webhook_id"] = {"$nin": list(in_flight.webhooks)}
        if in_flight.subjects:
            due["$nor"] = [{"webhook_id": webhook_id, "subject": subject} for webhook_id, subject in in_flight.subjects]
        document: Document | None = await self._deliveries.find_one_and_update(
            due, {"$set": {"next_attempt_at": now + _LEASE, "token": token}}, sort=[("next_attempt_at", 1)]
        )
        if document is None:
            return None
        return LeasedDelivery(
            user_id=document["user_id"],
            webhook_id=document["webhook_id"],
            event_id=document["event_id"],
            subject=document["subject"],
            body=document["body"],
            tries=document["tries"],
            first_try=document["first_try"],
            token=token,
        )

    async def record(
        self, leased: LeasedDelivery, attempt: Attempt, *, state: str, next_attempt: dt.datetime | None
    ) -> bool:
        """Record an attempt and end the lease; return False if the lease was lost before."""
        changed = await self._deliveries.update_one(
            {"_id": _key(leased.webhook_id, leased.event_id), "token": leased.token},
            {
                "$set": {
                    "state": state,
                    "next_attempt_at": next_attempt,
                    "first_try": leased.first_try or attempt.at,
                    "token": None,
                },
                "$inc": {"tries": 1},
                "$push": {"attempts": {"$each": [attempt.model_dump()], "$slice": -_ATTEMPTS_SHOWN}},
            },
        )
        return changed.matched_count == 1

    async def page(
        self, webhook_id: str, *, state: str | None, limit: int, before: tuple[dt.datetime, str] | None
    ) -> list[Document]:
        """Return deliveries, newest first, after the (created_at, id) of `before`."""
        query: Document = {"webhook_id": webhook_id}
        if state is not None:
            query["state"] = state
        if before is not None:
            at, key = before
            query["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": key}}]
        documents = self._deliveries.find(query, {"body": 0}).sort([("created_at", -1), ("_id", -1)])
        return await documents.limit(limit).to_list(None)

    async def count_pending(self) -> int:
        """Return the number of pending deliveries, at most 100,000."""
        # The time bound, which every document meets, makes MongoDB use the index.
        waiting = {"state": "pending", "next_attempt_at": {"$gte": _LONG_AGO}}
        return await self._deliveries.count_documents(waiting, limit=_COUNT_LIMIT)

    async def delete_all(self, webhook_id: str) -> None:
        """Delete all deliveries of a webhook."""
        await self._deliveries.delete_many({"webhook_id": webhook_id})

    async def delete_orphans(self) -> None:
        """Delete deliveries of removed webhooks, which an event may create during the removal."""
        webhook_ids = await self._deliveries.distinct("webhook_id")
        existing = {webhook["_id"] async for webhook in self._webhooks.find({"_id": {"$in": webhook_ids}}, {"_id": 1})}
        for webhook_id in set(webhook_ids) - existing:
            await self.delete_all(webhook_id)

    async def _write(self, operations: list[UpdateOne]) -> None:
        """Write all operations; ignore duplicate keys.

        They come from a concurrent upsert, or from an event that the same replay has added already.
        """
        try:
            if operations:
                await self._deliveries.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            duplicate_key_indexes(error)


def _key(webhook_id: str, event_id: str) -> str:
    return f"{webhook_id}/{event_id}"


def _document(webhook_id: str, incoming: IncomingEvent, now: dt.datetime) -> Document:
    return {
        "webhook_id": webhook_id,
        "user_id": incoming.user_id,
        "event_id": incoming.event_id,
        "type": incoming.type,
        "subject": incoming.subject,
        "account_id": incoming.account_id,
        "sequence": incoming.sequence,
        "body": incoming.body,
        "state": "pending",
        "attempts": [],
        "tries": 0,
        "first_try": None,
        "token": None,
        "next_attempt_at": now,
        "created_at": now,
        "expires_at": now + _RETENTION,
    }
