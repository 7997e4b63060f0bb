"""Deliveries: one document for each webhook and event, whose state is the log as well as the queue.

The natural key makes an event that comes twice one delivery. Due is what is pending and has a `next_attempt_at` in the
past; a holder moves that into the future for as long as a post may take, so that one that dies gives it up by itself.
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

_KEPT = dt.timedelta(days=30)
_LEASE = dt.timedelta(seconds=60)
"""Four times what a post may take."""
_ATTEMPTS_SHOWN = 20
_COUNTED = 100_000
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class News:
    """An event as it came, and what of it decides who gets it."""

    event_id: str
    type: str
    user_id: str
    subject: str
    account_id: str | None
    sequence: str
    body: bytes

    @classmethod
    def of(cls, event: Event[EventData], body: bytes) -> "News | None":
        """`body` is what `event` was decoded from, and what is posted. None for an event that is no single user's."""
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
class Held:
    """A delivery that is being posted, and the token by which its holder is known."""

    user_id: str
    webhook_id: str
    event_id: str
    subject: str
    body: bytes
    tries: int
    first_try: dt.datetime | None
    token: str


@dataclass(frozen=True)
class Busy:
    """What nothing more is taken of: users and webhooks that have their share of posts, and (webhook, subject) of which
    one is under way, to keep the order."""

    users: Collection[str]
    webhooks: Collection[str]
    subjects: Collection[tuple[str, str]]


class Deliveries:
    """Writes `webhook_deliveries`."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database[COLLECTION]
        self._webhooks = database["webhooks"]

    async def add(self, webhook_ids: Iterable[str], news: News) -> None:
        """One delivery of the event to each of the webhooks; what is there already stays as it is."""
        now = utc_now()
        operations = [
            UpdateOne(
                {"_id": _key(webhook_id, news.event_id)},
                {"$setOnInsert": _document(webhook_id, news, now)},
                upsert=True,
            )
            for webhook_id in webhook_ids
        ]
        await self._write(operations)

    async def add_again(
        self, webhook_id: str, news: Iterable[News], replay_id: str, *, due: dt.datetime, number: int
    ) -> None:
        """Deliver these events, the `number`th of a replay and those after it, once more if they were; those that this
        replay has brought already stay as they are."""
        now = utc_now()
        operations = []
        for position, one in enumerate(news, number):
            # A millisecond apart: what is due first is posted first.
            fresh = _document(webhook_id, one, now) | {"next_attempt_at": due + dt.timedelta(milliseconds=position)}
            kept = {name: fresh.pop(name) for name in ("attempts", "created_at")}
            operations.append(
                UpdateOne(
                    {"_id": _key(webhook_id, one.event_id), "replay_id": {"$ne": replay_id}},
                    {"$set": {**fresh, "replay_id": replay_id}, "$setOnInsert": kept},
                    upsert=True,
                )
            )
        await self._write(operations)

    async def again(self, webhook_id: str, event_id: str) -> Document | None:
        """Deliver an event of the log once more, with all attempts before it; None if it is not in the log."""
        now = utc_now()
        fresh = {"state": "pending", "next_attempt_at": now, "tries": 0, "first_try": None, "token": None}
        document: Document | None = await self._deliveries.find_one_and_update(
            {"_id": _key(webhook_id, event_id)},
            {"$set": {**fresh, "expires_at": now + _KEPT}},
            return_document=ReturnDocument.AFTER,
        )
        return document

    async def hold(self, busy: Busy) -> Held | None:
        """Take the delivery that has been due for longest, but none of what is busy."""
        now, token = utc_now(), secrets.token_hex(8)
        due: Document = {"state": "pending", "next_attempt_at": {"$lte": now}}
        if busy.users:
            due["user_id"] = {"$nin": list(busy.users)}
        if busy.webhooks:
            due["webhook_id"] = {"$nin": list(busy.webhooks)}
        if busy.subjects:
            due["$nor"] = [{"webhook_id": webhook_id, "subject": subject} for webhook_id, subject in busy.subjects]
        found: Document | None = await self._deliveries.find_one_and_update(
            due, {"$set": {"next_attempt_at": now + _LEASE, "token": token}}, sort=[("next_attempt_at", 1)]
        )
        if found is None:
            return None
        return Held(
            user_id=found["user_id"],
            webhook_id=found["webhook_id"],
            event_id=found["event_id"],
            subject=found["subject"],
            body=found["body"],
            tries=found["tries"],
            first_try=found["first_try"],
            token=token,
        )

    async def record(self, held: Held, attempt: Attempt, *, state: str, next_attempt: dt.datetime | None) -> bool:
        """Write down what came of a post; whether the delivery was still this holder's."""
        changed = await self._deliveries.update_one(
            {"_id": _key(held.webhook_id, held.event_id), "token": held.token},
            {
                "$set": {
                    "state": state,
                    "next_attempt_at": next_attempt,
                    "first_try": held.first_try or attempt.at,
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
        """The webhook's deliveries, newest first, after the one made at this time with this id."""
        wanted: Document = {"webhook_id": webhook_id}
        if state is not None:
            wanted["state"] = state
        if before is not None:
            at, key = before
            wanted["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": key}}]
        found = self._deliveries.find(wanted, {"body": 0}).sort([("created_at", -1), ("_id", -1)])
        return await found.limit(limit).to_list(None)

    async def pending(self) -> int:
        """How many wait for an attempt, 100,000 at most."""
        # Without a bound on the time, which all have, the index of what is pending would not be used.
        waiting = {"state": "pending", "next_attempt_at": {"$gte": _LONG_AGO}}
        return await self._deliveries.count_documents(waiting, limit=_COUNTED)

    async def forget(self, webhook_id: str) -> None:
        """Remove all of a webhook."""
        await self._deliveries.delete_many({"webhook_id": webhook_id})

    async def forget_orphans(self) -> None:
        """Remove all of webhooks that are gone: what was made of an event while one was being removed."""
        told = await self._deliveries.distinct("webhook_id")
        there = {webhook["_id"] async for webhook in self._webhooks.find({"_id": {"$in": told}}, {"_id": 1})}
        for webhook_id in set(told) - there:
            await self.forget(webhook_id)

    async def _write(self, operations: list[UpdateOne]) -> None:
        """All of them, apart from inserts of what is there already: the upsert of another at the same moment, or what
        a replay has brought."""
        try:
            if operations:
                await self._deliveries.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            duplicate_key_indexes(error)


def _key(webhook_id: str, event_id: str) -> str:
    return f"{webhook_id}/{event_id}"


def _document(webhook_id: str, news: News, now: dt.datetime) -> Document:
    return {
        "webhook_id": webhook_id,
        "user_id": news.user_id,
        "event_id": news.event_id,
        "type": news.type,
        "subject": news.subject,
        "account_id": news.account_id,
        "sequence": news.sequence,
        "body": news.body,
        "state": "pending",
        "attempts": [],
        "tries": 0,
        "first_try": None,
        "token": None,
        "next_attempt_at": now,
        "created_at": now,
        "expires_at": now + _KEPT,
    }
