"""Invoices: search, one, summary, and the documents they were read from."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from bson import Decimal128
from gridfs.errors import NoFile
from pydantic import BaseModel, ConfigDict, Field

from services.api import cursors
from services.api.read_model import keyset
from services.api.schemas import InvoicePage, InvoiceSummary, MonthSummary
from shared.invoices import Invoice, InvoiceKind
from shared.mongo import Database, Document, GridFSBucket

InvoiceSort = Literal["-issue_date", "issue_date", "-total", "total", "vendor"]
_AMOUNTS = ("net", "tax", "total")
_SEARCHED = ("vendor", "invoice_number", "message.subject", "carriers.filename")


class InvoiceFilter(BaseModel):
    """What to look for; everything that is set must hold. Dates are issue dates, both ends included."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    account_id: str | None = None
    task_id: str | None = None
    vendor: str | None = Field(default=None, max_length=200, description="part of the vendor's name, in any case")
    issued_from: dt.date | None = Field(default=None, alias="from")
    issued_to: dt.date | None = Field(default=None, alias="to")
    currency: str | None = Field(default=None, pattern="^[A-Za-z]{3}$")
    kind: InvoiceKind | None = None
    needs_check: bool | None = None
    near_duplicate: bool | None = None
    q: str | None = Field(default=None, max_length=200, description="part of vendor, number, subject or file name")


@dataclass(frozen=True)
class StoredFile:
    """An original document, to be streamed."""

    filename: str
    length: int
    chunks: AsyncIterator[bytes]


class InvoiceReader:
    """Reads `invoices` and the GridFS bucket `documents`."""

    def __init__(self, database: Database) -> None:
        self._invoices = database["invoices"]
        self._documents = GridFSBucket(database, bucket_name="documents")

    async def find(self, user_id: str, invoice_id: str) -> Invoice | None:
        """The user's invoice."""
        document = await self._invoices.find_one({"_id": invoice_id, "user_id": user_id})
        return _invoice(document) if document else None

    async def page(
        self, user_id: str, wanted: InvoiceFilter, *, sort: InvoiceSort, limit: int, cursor: str | None
    ) -> InvoicePage:
        """The invoices that match, one page of them."""
        field, direction = sort.removeprefix("-"), _direction(sort)
        conditions = [_conditions(user_id, wanted)]
        if cursor is not None:
            named, value, last_id = cursors.decode(cursor, str, (str, type(None)), str)
            if named != sort:
                raise cursors.invalid()
            conditions.append(keyset.after(field, direction, _sort_value(field, value), last_id))
        found = self._invoices.find({"$and": conditions}).sort(keyset.sort_keys(field, direction))
        documents = await found.limit(limit + 1).to_list(None)
        items = documents[:limit]
        more = len(documents) > limit
        return InvoicePage(
            items=[_invoice(document) for document in items],
            next_cursor=cursors.encode(sort, _text(items[-1].get(field)), items[-1]["_id"]) if more else None,
        )

    async def summary(self, user_id: str, wanted: InvoiceFilter) -> InvoiceSummary:
        """All invoices that match, in numbers."""
        groups = await self._invoices.aggregate(
            [{"$match": _conditions(user_id, wanted)}, {"$group": _SUMMARY_GROUP}]
        ).to_list(None)
        return _summary(groups)

    async def counts(self, user_id: str, account_id: str | None = None) -> dict[str, int]:
        """Account id -> number of its invoices, for the user's accounts or one of them."""
        mine = {"user_id": user_id, **({"account_id": account_id} if account_id else {})}
        groups = self._invoices.aggregate([{"$match": mine}, {"$group": {"_id": "$account_id", "count": {"$sum": 1}}}])
        return {group["_id"]: group["count"] async for group in groups}

    async def original(self, invoice: Invoice) -> StoredFile | None:
        """The document that the invoice was read from; None when it is not kept."""
        for carrier in invoice.carriers:
            try:
                file = await self._documents.open_download_stream(f"{invoice.user_id}/{carrier.sha256}")
            except NoFile:
                continue
            return StoredFile(carrier.filename or file.filename or "document", file.length, _chunks(file))
        return None


async def _chunks(file: Any) -> AsyncIterator[bytes]:
    while chunk := await file.readchunk():
        yield chunk


def _direction(sort: InvoiceSort) -> keyset.Direction:
    return -1 if sort.startswith("-") else 1


def _sort_value(field: str, value: str | None) -> Any:
    return Decimal128(value) if field == "total" and value is not None else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _conditions(user_id: str, wanted: InvoiceFilter) -> Document:
    equal = wanted.model_dump(include={"account_id", "task_id", "kind", "needs_check"}, exclude_none=True)
    conditions: Document = {"user_id": user_id, **equal}
    if wanted.currency is not None:
        conditions["currency"] = wanted.currency.upper()
    if wanted.vendor is not None:
        conditions["vendor"] = _contains(wanted.vendor)
    dates = {"$gte": wanted.issued_from, "$lte": wanted.issued_to}
    if any(dates.values()):
        conditions["issue_date"] = {operator: day.isoformat() for operator, day in dates.items() if day}
    if wanted.near_duplicate is not None:
        conditions["near_duplicate_of"] = {"$ne": None} if wanted.near_duplicate else None
    if wanted.q is not None:
        conditions["$or"] = [{field: _contains(wanted.q)} for field in _SEARCHED]
    return conditions


def _contains(text: str) -> Document:
    return {"$regex": re.escape(text), "$options": "i"}


def _invoice(document: Document) -> Invoice:
    amounts = {name: document[name].to_decimal() for name in _AMOUNTS if document.get(name) is not None}
    return Invoice.model_validate({**document, **amounts, "id": document["_id"]})


_SUMMARY_GROUP: Document = {
    "_id": {
        "month": {"$substrBytes": [{"$ifNull": ["$issue_date", ""]}, 0, 7]},
        "currency": "$currency",
        "kind": "$kind",
    },
    "count": {"$sum": 1},
    "total": {"$sum": "$total"},
    "subtracted": {"$sum": {"$abs": "$total"}},
    "to_check": {"$sum": {"$cond": ["$needs_check", 1, 0]}},
    "near_duplicates": {"$sum": {"$cond": [{"$ifNull": ["$near_duplicate_of", False]}, 1, 0]}},
}


def _summary(groups: list[Document]) -> InvoiceSummary:
    kinds: dict[InvoiceKind, int] = {"invoice": 0, "receipt": 0, "credit_note": 0}
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    months: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        month, kind = group["_id"]["month"], group["_id"]["kind"]
        kinds[kind] += group["count"]
        counts[month] += group["count"]
        currency = group["_id"].get("currency")
        if currency is not None:
            amount = -_decimal(group["subtracted"]) if kind == "credit_note" else _decimal(group["total"])
            totals[currency] += amount
            months[month][currency] += amount
    return InvoiceSummary(
        count=sum(counts.values()),
        kinds=kinds,
        to_check=sum(group["to_check"] for group in groups),
        near_duplicates=sum(group["near_duplicates"] for group in groups),
        totals=_plain(totals),
        months=[
            MonthSummary(month=month or None, count=counts[month], totals=_plain(months[month]))
            for month in sorted(counts, reverse=True)
        ],
    )


def _decimal(amount: Decimal128 | int) -> Decimal:
    """A sum of Decimal128; MongoDB gives the number 0 for a sum of nothing."""
    return amount.to_decimal() if isinstance(amount, Decimal128) else Decimal(amount)


def _plain(totals: dict[str, Decimal]) -> dict[str, str]:
    return {currency: format(total, "f") for currency, total in sorted(totals.items())}
