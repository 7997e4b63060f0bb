"""Invoices: a new one is inserted, a known one merged into its record by compare and swap."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bson.decimal128 import Decimal128
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.scanner.repository.merging import Reading, is_another, merge
from services.scanner.repository.near_duplicates import NearDuplicates
from shared.events import utc_now
from shared.invoice_fields import AMOUNTS
from shared.invoices import Invoice
from shared.mongo import Collection, Document, duplicate_key_indexes

_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class StoredReading:
    """Result of storing a reading.

    `created`: this message made the record, now or before it was repeated. `read_before`: it made
    it in an earlier scan.
    """

    document: Document
    created: bool
    read_before: bool

    @property
    def id(self) -> str:
        """Return the invoice's id."""
        key: str = self.document["_id"]
        return key


class Invoices:
    """Writes `invoices`; never touches people's `corrections`."""

    def __init__(self, invoices: Collection) -> None:
        self._invoices = invoices
        self._near = NearDuplicates(invoices)

    async def store(self, readings: Sequence[Reading]) -> list[StoredReading]:
        """Insert the records or merge into them; return the result for each reading.

        Of several readings of one invoice the first makes the record; its task, account and time of
        finding stay.
        """
        stored: dict[int, Document] = {}
        while left := [place for place in range(len(readings)) if place not in stored]:
            ids = {key for place in left for key in readings[place].ids}
            kept = {document["_id"]: document async for document in self._invoices.find({"_id": {"$in": list(ids)}})}
            chains = _chains(kept, {place: readings[place] for place in left})
            changes = [
                _change(kept.get(key), key, [readings[place] for place in chain]) for key, chain in chains.items()
            ]
            written = await self._write(changes)
            stored |= {place: written[key] for key, chain in chains.items() if key in written for place in chain}
        # Also for what was stored before: its writer may have died before this.
        near = await self._near.mark({token for document in stored.values() for token in document["_alike"]})
        for document in stored.values():
            document["near_duplicate_of"] = near.get(document["_id"])
        return [_stored_reading(stored[place], reading) for place, reading in enumerate(readings)]

    async def totals_of(self, task_id: str) -> dict[str, str]:
        """Return the amounts of the invoices that a scan created, by currency; credit notes are
        negative."""
        signed = {"$cond": [{"$eq": ["$kind", "credit_note"]}, {"$multiply": [-1, {"$abs": "$total"}]}, "$total"]}
        pipeline: list[Document] = [
            {"$match": {"task_id": task_id, "total": {"$type": "decimal"}, "currency": {"$type": "string"}}},
            {"$group": {"_id": "$currency", "total": {"$sum": signed}}},
            {"$sort": {"_id": 1}},
        ]
        return {
            total["_id"]: _plain(total["total"].to_decimal())
            async for total in self._invoices.aggregate(pipeline)
            if _CURRENCY.fullmatch(total["_id"])
        }

    async def _write(self, changes: Sequence["_Change"]) -> dict[str, Document]:
        """Return the records that are as wanted now; the others were changed by another writer in
        between."""
        done = {change.document["_id"]: change.document for change in changes if change.write is None}
        inserts = [change for change in changes if isinstance(change.write, InsertOne)]
        updates = [change for change in changes if isinstance(change.write, UpdateOne)]
        writes = [change.write for change in (*inserts, *updates) if change.write is not None]
        if not writes:
            return done
        try:
            matched = (await self._invoices.bulk_write(writes, ordered=False)).matched_count
            refused = set()
        except BulkWriteError as error:
            refused = set(duplicate_key_indexes(error))
            matched = error.details["nMatched"]
        done |= {change.document["_id"]: change.document for at, change in enumerate(inserts) if at not in refused}
        if matched == len(updates):
            done |= {change.document["_id"]: change.document for change in updates}
        return done


class _Change(NamedTuple):
    """A record as it shall be, and the write that makes it so; None if it is so already."""

    document: Document
    write: "InsertOne[Document] | UpdateOne | None"


def _chains(kept: dict[str, Document], readings: dict[int, Reading]) -> dict[str, list[int]]:
    """Return which readings, by their positions, belong to which record.

    A reading that was kept apart before stays apart.
    """
    chains: defaultdict[str, list[int]] = defaultdict(list)
    seen = dict(kept)
    for place, reading in readings.items():
        shared, own = reading.ids
        known = seen.get(shared)
        key = own if known is not None and (own in seen or is_another(known, reading)) else shared
        seen.setdefault(key, reading.record)
        chains[key].append(place)
    return chains


def _change(kept: Document | None, key: str, chain: Sequence[Reading]) -> _Change:
    document = dict(kept) if kept is not None else _new(key, chain[0])
    changed: Document = {}
    for reading in chain:
        changes = _storable(merge(document, reading.record))
        document |= changes
        changed |= changes
    if kept is None:
        return _Change(document, InsertOne(document))
    if not changed:
        return _Change(document, None)
    unchanged = {"_id": key, "_version": kept["_version"]}
    return _Change(document, UpdateOne(unchanged, {"$set": changed, "$inc": {"_version": 1}}))


def _new(key: str, reading: Reading) -> Document:
    """Return the first form of a record."""
    place = reading.place
    return {
        "_id": key,
        "user_id": place.user_id,
        "account_id": place.account_id,
        "task_id": place.task_id,
        **_storable(reading.record),
        "near_duplicate_of": None,
        "corrections": {},
        "found_at": utc_now(),
        "_created_by": place.key,
        "_version": 1,
    }


def read_invoice(document: Document) -> Invoice:
    """Return the invoice of a stored record."""
    amounts = {name: document[name].to_decimal() for name in AMOUNTS if isinstance(document.get(name), Decimal128)}
    return Invoice.model_validate({**document, **amounts, "id": document["_id"]})


def _stored_reading(document: Document, reading: Reading) -> StoredReading:
    own = document["_created_by"] == reading.place.key
    same_scan = document["task_id"] == reading.place.task_id
    return StoredReading(document, created=own and same_scan, read_before=own and not same_scan)


def _storable(fields: Document) -> Document:
    """Return the fields with amounts as Decimal128, which holds 34 digits; an extracted amount has
    24 at most."""
    return {name: Decimal128(value) if isinstance(value, Decimal) else value for name, value in fields.items()}


def _plain(amount: Decimal) -> str:
    return f"{amount:f}" if amount != amount.quantize(_CENT) else f"{amount.quantize(_CENT):f}"
