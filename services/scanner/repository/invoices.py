"""The invoices: a found one is inserted, or merged into the record that is there by compare and swap."""

import re
from dataclasses import dataclass
from decimal import Decimal

from bson.decimal128 import Decimal128
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.scanner.repository.merging import Reading, invoice_id, merge, record
from shared.events import utc_now
from shared.invoices import Invoice
from shared.mongo import Collection, Document

_AMOUNTS = ("net", "tax", "total")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Stored:
    """What storing a reading came to. `created`: this very message made the record, now or before it was redone.
    `read_before`: it made it in an earlier scan."""

    invoice: Invoice
    created: bool
    read_before: bool


class Invoices:
    """Writes `invoices`; people's `corrections` are never touched."""

    def __init__(self, invoices: Collection) -> None:
        self._invoices = invoices

    async def store(self, reading: Reading) -> Stored:
        """Insert the record or merge into it; the first one's task, account and time of finding stay."""
        key = invoice_id(reading.place.user_id, reading.invoice)
        new = record(reading)
        while True:
            kept = await self._invoices.find_one({"_id": key})
            stored = await (self._insert(key, new, reading) if kept is None else self._merge(kept, new))
            if stored is not None:
                return _told(stored, reading)

    async def totals_of(self, task_id: str) -> dict[str, str]:
        """The amounts of the invoices that a scan created, by currency; credit notes count against them."""
        signed = {"$cond": [{"$eq": ["$kind", "credit_note"]}, {"$multiply": [-1, {"$abs": "$total"}]}, "$total"]}
        pipeline: list[Document] = [
            {"$match": {"task_id": task_id, "total": {"$type": "decimal"}, "currency": {"$type": "string"}}},
            {"$group": {"_id": "$currency", "total": {"$sum": signed}}},
            {"$sort": {"_id": 1}},
        ]
        return {
            found["_id"]: _plain(found["total"].to_decimal())
            async for found in self._invoices.aggregate(pipeline)
            if _CURRENCY.fullmatch(found["_id"])
        }

    async def _insert(self, key: str, new: Document, reading: Reading) -> Document | None:
        place = reading.place
        document = {
            "_id": key,
            "user_id": place.user_id,
            "account_id": place.account_id,
            "task_id": place.task_id,
            **_storable(new),
            "near_duplicate_of": None,
            "corrections": {},
            "found_at": utc_now(),
            "_created_by": place.key,
            "_version": 1,
        }
        try:
            await self._invoices.insert_one(document)
        except DuplicateKeyError:
            return None
        return document

    async def _merge(self, kept: Document, new: Document) -> Document | None:
        changes = merge(kept, new)
        if not changes:
            return kept
        merged: Document | None = await self._invoices.find_one_and_update(
            {"_id": kept["_id"], "_version": kept["_version"]},
            {"$set": _storable(changes), "$inc": {"_version": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return merged


def read_invoice(document: Document) -> Invoice:
    """The record from its stored form."""
    amounts = {name: document[name].to_decimal() for name in _AMOUNTS if isinstance(document.get(name), Decimal128)}
    return Invoice.model_validate({**document, **amounts, "id": document["_id"]})


def _told(document: Document, reading: Reading) -> Stored:
    own = document["_created_by"] == reading.place.key
    same_scan = document["task_id"] == reading.place.task_id
    return Stored(read_invoice(document), created=own and same_scan, read_before=own and not same_scan)


def _storable(fields: Document) -> Document:
    """The amounts as Decimal128, which holds 34 digits; an extracted amount has 24 at most."""
    return {name: Decimal128(value) if isinstance(value, Decimal) else value for name, value in fields.items()}


def _plain(amount: Decimal) -> str:
    return f"{amount:f}" if amount != amount.quantize(_CENT) else f"{amount.quantize(_CENT):f}"
