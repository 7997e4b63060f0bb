"""Invoices with people's corrections applied.

Invoices belong to the scanner and corrections to the api, in a collection of its own. People
correct few of many: so those few are joined, and all others are read straight through their
indexes.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from services.api.invoices import keyset_paging
from shared.invoice_fields import CORRECTABLE
from shared.mongo import Collection, Database, Document

CORRECTIONS = "invoice_corrections"
FOUND_VALUES = "_found"
_BATCH = 500


class CorrectedInvoices:
    """Reads `invoices` together with `invoice_corrections`.

    A correction is stored as `corrections` {field: {value, by, at}}, which people see, and as
    `values` {field: value} in the form of the field. Corrected documents have what the scan had
    read in `_found`.
    """

    def __init__(self, database: Database) -> None:
        self._invoices: Collection = database["invoices"]
        self._corrections: Collection = database[CORRECTIONS]

    async def find(self, user_id: str, invoice_id: str) -> Document | None:
        """Return the user's invoice, corrected; `_corrected` is the version of its corrections (0:
        none)."""
        condition = {"_id": invoice_id, "user_id": user_id}
        found = await self._invoices.find_one(condition)
        if found is None:
            return None
        return with_correction(found, await self._corrections.find_one(condition))

    async def in_order(
        self, user_id: str, conditions: Document, *, sort: str, limit: int = 0
    ) -> AsyncIterator[Document]:
        """Yield the matching invoices, corrected, in the order of `sort`; a `limit` of 0 yields
        all."""
        field, direction = sort.removeprefix("-"), keyset_paging.direction(sort)
        corrected = await self._ids(user_id)
        order = keyset_paging.sort_keys(field, direction)
        plain = self._invoices.find(_plain(user_id, corrected, conditions)).sort(order)
        plain.limit(limit).batch_size(min(limit or _BATCH, _BATCH))
        if not corrected:
            async for document in plain:
                yield document
            return
        stages = [*_joined(user_id, corrected, conditions), {"$sort": dict(order)}]
        joined = self._invoices.aggregate(stages + ([{"$limit": limit}] if limit else []), batchSize=_BATCH)
        yielded = 0
        async for document in _merged(plain, joined, keyset_paging.ordering(field), reverse=direction == -1):
            yield document
            yielded += 1
            if yielded == limit:
                return

    async def grouped(self, user_id: str, conditions: Document, group: Document) -> list[Document]:
        """Run a `$group` over the matching invoices, corrected."""
        corrected = await self._ids(user_id)
        stages: list[Document] = [{"$match": _plain(user_id, corrected, conditions)}]
        if corrected:
            union = {"coll": self._invoices.name, "pipeline": _joined(user_id, corrected, conditions)}
            stages.append({"$unionWith": union})
        return await self._invoices.aggregate([*stages, {"$group": group}]).to_list(None)

    async def _ids(self, user_id: str) -> list[str]:
        return [found["_id"] async for found in self._corrections.find({"user_id": user_id}, {"_id": 1})]


def with_correction(found: Document, correction: Document | None) -> Document:
    """Return an invoice with its correction applied."""
    if correction is None:
        return {**found, "corrections": {}, "_corrected": 0}
    return {
        **found,
        **correction["values"],
        FOUND_VALUES: {name: found.get(name) for name in CORRECTABLE},
        "corrections": correction["corrections"],
        "_corrected": correction["version"],
    }


def _plain(user_id: str, corrected: list[str], conditions: Document) -> Document:
    left_out = {"_id": {"$nin": corrected}} if corrected else {}
    return {"$and": [{"user_id": user_id, **left_out}, conditions]}


def _joined(user_id: str, corrected: list[str], conditions: Document) -> list[Document]:
    return [
        {"$match": {"_id": {"$in": corrected}, "user_id": user_id}},
        {"$lookup": {"from": CORRECTIONS, "localField": "_id", "foreignField": "_id", "as": "correction"}},
        {"$set": {"correction": {"$first": "$correction"}, FOUND_VALUES: {name: f"${name}" for name in CORRECTABLE}}},
        {"$replaceWith": {"$mergeObjects": ["$$ROOT", "$correction.values"]}},
        {"$set": {"corrections": "$correction.corrections"}},
        {"$unset": "correction"},
        {"$match": conditions},
    ]


async def _merged(
    first: AsyncIterator[Document],
    second: AsyncIterator[Document],
    key: Callable[[Document], Any],
    *,
    reverse: bool,
) -> AsyncIterator[Document]:
    """Merge two sorted streams."""
    left, right = await anext(first, None), await anext(second, None)
    while left is not None and right is not None:
        if (key(left) > key(right)) if reverse else (key(left) < key(right)):
            yield left
            left = await anext(first, None)
        else:
            yield right
            right = await anext(second, None)
    while left is not None:
        yield left
        left = await anext(first, None)
    while right is not None:
        yield right
        right = await anext(second, None)
