"""Ledger: one entry for each message, with its outcome and the reason."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.scanner.runs.model import Counters
from services.scanner.slices import Slice
from shared.events import utc_now
from shared.ledger_reasons import ReasonCode
from shared.mongo import Collection, Document, duplicate_key_indexes

Outcome = Literal["invoice", "duplicate", "none", "skipped", "failed"]


@dataclass(frozen=True)
class Place:
    """Where a message is, and the user and task for which it is scanned."""

    user_id: str
    account_id: str
    task_id: str
    folder: str
    uidvalidity: int
    uid: int

    @property
    def key(self) -> str:
        """Return the `_id` of the message's ledger entry."""
        return f"{self.account_id}/{self.uidvalidity}/{self.folder}/{self.uid}"


class Headers(NamedTuple):
    """Header fields of a message, as far as they can be read; the date is in UTC."""

    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    date: dt.datetime | None = None


NO_HEADERS = Headers()


@dataclass(frozen=True)
class Entry:
    """The ledger entry of a message.

    `found` and `duplicates` count its invoices, so that a repeated slice can count from here.
    """

    place: Place
    size: int
    outcome: Outcome
    reason: str
    headers: Headers = NO_HEADERS
    invoices: tuple[str, ...] = ()
    found: int = 0
    duplicates: int = 0
    fetched: int = 0
    identity: str | None = None

    @property
    def counted(self) -> Counters:
        """Return what the entry adds to the counters of its slice."""
        return _counted(self.outcome, self.fetched, self.found, self.duplicates)

    def to_document(self, kept_days: int | None) -> Document:
        """Return the document without its `_id`.

        An entry that a later scan still has to look at does not expire.
        """
        place, now = self.place, utc_now()
        expires = None if kept_days is None or self.reason in _WAITING else now + dt.timedelta(days=kept_days)
        return {
            "user_id": place.user_id,
            "account_id": place.account_id,
            "task_id": place.task_id,
            "folder": place.folder,
            "uidvalidity": place.uidvalidity,
            "uid": place.uid,
            **self.headers._asdict(),
            "size": self.size,
            "outcome": self.outcome,
            "reason": self.reason,
            "invoices": list(self.invoices),
            "_found": self.found,
            "_duplicates": self.duplicates,
            "_fetched": self.fetched,
            "scanned_at": now,
            "expires_at": expires,
            **({} if self.identity is None else {"identity": self.identity}),
        }


@dataclass
class HandledMessages:
    """The messages of a slice that have their outcome in this scan, and their counters."""

    uids: set[int] = field(default_factory=set)
    counters: Counters = field(default_factory=Counters)


class Ledger:
    """Reads and writes `message_ledger`."""

    def __init__(self, ledger: Collection, *, kept_days: int) -> None:
        self._ledger = ledger
        self._kept_days = kept_days

    async def write(self, entries: Sequence[Entry], *, for_ever: bool) -> None:
        """Store the entries; an entry that exists is replaced.

        `for_ever`: no cursor keeps the messages from being read again, so the entries must not
        expire.
        """
        days = None if for_ever else self._kept_days
        documents = [(entry.place.key, entry.to_document(days)) for entry in entries]
        if not documents:
            return
        try:
            # Most entries are new; the database inserts them in half the time of an upsert.
            await self._ledger.bulk_write(
                [InsertOne({"_id": key, **document}) for key, document in documents], ordered=False
            )
        except BulkWriteError as error:
            existing = [documents[at] for at in duplicate_key_indexes(error)]
            updates = [UpdateOne({"_id": key}, {"$set": document}, upsert=True) for key, document in existing]
            await self._ledger.bulk_write(updates, ordered=False)

    async def write_missing(self, entry: Entry) -> None:
        """Store the entry, unless this scan has one for the message already."""
        condition = {"_id": entry.place.key, "task_id": {"$ne": entry.place.task_id}}
        try:
            await self._ledger.update_one(condition, {"$set": entry.to_document(None)}, upsert=True)
        except DuplicateKeyError:
            return  # the entry exists

    async def handled(self, account_id: str, task_id: str, piece: Slice) -> HandledMessages:
        """Return the messages of a slice that this scan has handled already."""
        handled = HandledMessages()
        condition = {
            "account_id": account_id,
            "uidvalidity": piece.uidvalidity,
            "folder": piece.folder,
            "uid": {"$gte": piece.uids[0][0], "$lte": piece.uids[-1][1]},
            "task_id": task_id,
        }
        fields = {"uid": 1, "outcome": 1, "size": 1, "_found": 1, "_duplicates": 1, "_fetched": 1}
        async for entry in self._ledger.find(condition, fields):
            handled.uids.add(entry["uid"])
            fetched = entry.get("_fetched", entry["size"])
            handled.counters += _counted(entry["outcome"], fetched, entry["_found"], entry["_duplicates"])
        return handled

    async def read_before(self, account_id: str, folder: str, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of a folder that were read.

        Messages that were too old for an earlier scan are not among them, as this one may go back
        further.
        """
        condition = {
            "account_id": account_id,
            "uidvalidity": uidvalidity,
            "folder": folder,
            "reason": {"$nin": _WAITING},
        }
        return frozenset([entry["uid"] async for entry in self._ledger.find(condition, {"_id": 0, "uid": 1})])

    async def waiting(
        self, account_id: str, folder: str, uidvalidity: int, not_before: dt.datetime | None
    ) -> frozenset[int]:
        """Return the UIDs that earlier scans have passed over, and that a scan back to `not_before`
        wants."""
        wanted: list[Document] = [{"reason": ReasonCode.NOT_GIVEN_OUT}, {"reason": ReasonCode.OLDER_THAN_REQUESTED}]
        if not_before is not None:
            wanted[1]["date"] = {"$gte": not_before}
        condition = {"account_id": account_id, "uidvalidity": uidvalidity, "folder": folder, "$or": wanted}
        return frozenset([entry["uid"] async for entry in self._ledger.find(condition, {"_id": 0, "uid": 1})])

    async def read_elsewhere(
        self, account_id: str, folder: str, uidvalidity: int, identities: Mapping[int, str]
    ) -> frozenset[int]:
        """Return those of these messages of a folder (identities by UID) that were read in another
        place."""
        condition = {
            "account_id": account_id,
            "identity": {"$in": sorted(set(identities.values()))},
            "reason": {"$nin": [*_WAITING, ReasonCode.STOPPED_SCANNER]},
        }
        fields = {"_id": 0, "identity": 1, "folder": 1, "uidvalidity": 1, "uid": 1}
        places: dict[str, set[tuple[str, int, int]]] = {}
        if identities:
            async for entry in self._ledger.find(condition, fields):
                places.setdefault(entry["identity"], set()).add((entry["folder"], entry["uidvalidity"], entry["uid"]))
        here = {uid: (folder, uidvalidity, uid) for uid in identities}
        return frozenset(uid for uid, identity in identities.items() if places.get(identity, set()) - {here[uid]})


_WAITING = [ReasonCode.OLDER_THAN_REQUESTED, ReasonCode.NOT_GIVEN_OUT]
"""Reasons of messages that a later scan may still have to read."""


def _counted(outcome: str, fetched: int, found: int, duplicates: int) -> Counters:
    if outcome == "skipped":
        return Counters(skipped=1, bytes_fetched=fetched)
    return Counters(
        scanned=1, failed=int(outcome == "failed"), invoices=found, duplicates=duplicates, bytes_fetched=fetched
    )
