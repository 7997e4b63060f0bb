"""The ledger: one line for each message, with its outcome and why."""

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
    """Where a message is, and for whom it is scanned."""

    user_id: str
    account_id: str
    task_id: str
    folder: str
    uidvalidity: int
    uid: int

    @property
    def key(self) -> str:
        """The ledger's `_id`."""
        return f"{self.account_id}/{self.uidvalidity}/{self.folder}/{self.uid}"


class Headers(NamedTuple):
    """What the message says of itself, as far as it could be read; the date is in UTC."""

    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    date: dt.datetime | None = None


NO_HEADERS = Headers()


@dataclass(frozen=True)
class Entry:
    """A message's line. `found` and `duplicates` count its invoices, so that a redone slice can count from here."""

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
        """What it adds to its slice's counters."""
        return _counted(self.outcome, self.fetched, self.found, self.duplicates)

    def to_document(self, kept_days: int | None) -> Document:
        """The line without its `_id`. One that a later scan still has to look at is kept until it does."""
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
class Handled:
    """The messages of a slice that have their outcome in this scan, and what they add up to."""

    uids: set[int] = field(default_factory=set)
    counters: Counters = field(default_factory=Counters)


class Ledger:
    """Reads and writes `message_ledger`."""

    def __init__(self, ledger: Collection, *, kept_days: int) -> None:
        self._ledger = ledger
        self._kept_days = kept_days

    async def write(self, entries: Sequence[Entry], *, for_ever: bool) -> None:
        """Store these lines; a line that exists is replaced by what this scan says. `for_ever`: nothing but its line
        keeps a message from being read again; where cursors do, lines go after some time."""
        days = None if for_ever else self._kept_days
        lines = [(entry.place.key, entry.to_document(days)) for entry in entries]
        if not lines:
            return
        try:
            # Most lines are new ones, which the database inserts in half the time that it needs for an upsert.
            await self._ledger.bulk_write([InsertOne({"_id": key, **line}) for key, line in lines], ordered=False)
        except BulkWriteError as error:
            there = [lines[at] for at in duplicate_key_indexes(error)]
            updates = [UpdateOne({"_id": key}, {"$set": line}, upsert=True) for key, line in there]
            await self._ledger.bulk_write(updates, ordered=False)

    async def write_missing(self, entry: Entry) -> None:
        """Store the line, unless this scan has one for the message already."""
        condition = {"_id": entry.place.key, "task_id": {"$ne": entry.place.task_id}}
        try:
            await self._ledger.update_one(condition, {"$set": entry.to_document(None)}, upsert=True)
        except DuplicateKeyError:
            return  # the line is there

    async def handled(self, account_id: str, task_id: str, piece: Slice) -> Handled:
        """What this scan has already done of a slice."""
        handled = Handled()
        condition = {
            "account_id": account_id,
            "uidvalidity": piece.uidvalidity,
            "folder": piece.folder,
            "uid": {"$gte": piece.uids[0][0], "$lte": piece.uids[-1][1]},
            "task_id": task_id,
        }
        fields = {"uid": 1, "outcome": 1, "size": 1, "_found": 1, "_duplicates": 1, "_fetched": 1}
        async for line in self._ledger.find(condition, fields):
            handled.uids.add(line["uid"])
            fetched = line.get("_fetched", line["size"])
            handled.counters += _counted(line["outcome"], fetched, line["_found"], line["_duplicates"])
        return handled

    async def read_before(self, account_id: str, folder: str, uidvalidity: int) -> frozenset[int]:
        """The uids of a folder that were read; what was too old for one scan may not be for the next."""
        condition = {
            "account_id": account_id,
            "uidvalidity": uidvalidity,
            "folder": folder,
            "reason": {"$nin": _WAITING},
        }
        return frozenset([line["uid"] async for line in self._ledger.find(condition, {"_id": 0, "uid": 1})])

    async def waiting(
        self, account_id: str, folder: str, uidvalidity: int, not_before: dt.datetime | None
    ) -> frozenset[int]:
        """The uids of a folder that earlier scans have passed over, and that a scan back to `not_before` wants."""
        wanted: list[Document] = [{"reason": ReasonCode.NOT_GIVEN_OUT}, {"reason": ReasonCode.OLDER_THAN_REQUESTED}]
        if not_before is not None:
            wanted[1]["date"] = {"$gte": not_before}
        condition = {"account_id": account_id, "uidvalidity": uidvalidity, "folder": folder, "$or": wanted}
        return frozenset([line["uid"] async for line in self._ledger.find(condition, {"_id": 0, "uid": 1})])

    async def read_elsewhere(
        self, account_id: str, folder: str, uidvalidity: int, identities: Mapping[int, str]
    ) -> frozenset[int]:
        """Those of these messages of a folder, given by uid, that were read in another place of the mailbox."""
        condition = {
            "account_id": account_id,
            "identity": {"$in": sorted(set(identities.values()))},
            "reason": {"$nin": [*_WAITING, ReasonCode.STOPPED_SCANNER]},
        }
        fields = {"_id": 0, "identity": 1, "folder": 1, "uidvalidity": 1, "uid": 1}
        places: dict[str, set[tuple[str, int, int]]] = {}
        if identities:
            async for line in self._ledger.find(condition, fields):
                places.setdefault(line["identity"], set()).add((line["folder"], line["uidvalidity"], line["uid"]))
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
