"""Near duplicates: of the invoices with a token in common, all but the first name the first.

The marks follow from the records that exist, not from the order in which they were stored: several
slices store at a time, and one may be repeated. So they are set after the records, by compare and
swap, and again whenever a record is added, changes or goes.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne

from shared.mongo import Collection, Document

_FIELDS = {"_alike": 1, "near_duplicate_of": 1, "message.date": 1, "message.message_id": 1, "_version": 1}
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


class NearDuplicates:
    """Writes `near_duplicate_of` of the invoices."""

    def __init__(self, invoices: Collection) -> None:
        self._invoices = invoices

    async def mark(self, tokens: Iterable[str]) -> dict[str, str | None]:
        """Set the marks of all records with one of these tokens; return the marks by record."""
        touched = set(tokens)
        while touched:
            records = await self._with(touched)
            others = {token for record in records for token in record["_alike"]} - touched
            groups = [*records, *(await self._with(others) if others else ())]
            near = near_duplicates(groups)
            wrong = [record for record in records if record.get("near_duplicate_of") != near[record["_id"]]]
            writes = [
                UpdateOne(
                    {"_id": record["_id"], "_version": record["_version"]},
                    {"$set": {"near_duplicate_of": near[record["_id"]]}, "$inc": {"_version": 1}},
                )
                for record in wrong
            ]
            if not writes or (await self._invoices.bulk_write(writes, ordered=False)).matched_count == len(writes):
                return {record["_id"]: near[record["_id"]] for record in records}
        return {}

    async def mark_again(self, user_id: str) -> None:
        """Correct the marks of a user that name a record which is gone."""
        marked = {"user_id": user_id, "near_duplicate_of": {"$type": "string"}}
        named: dict[str, set[str]] = {}
        async for record in self._invoices.find(marked, {"near_duplicate_of": 1, "_alike": 1}):
            named.setdefault(record["near_duplicate_of"], set()).update(record.get("_alike", ()))
        existing = {record["_id"] async for record in self._invoices.find({"_id": {"$in": list(named)}}, {"_id": 1})}
        await self.mark(token for gone in named.keys() - existing for token in named[gone])

    async def _with(self, tokens: Iterable[str]) -> list[Document]:
        return await self._invoices.find({"_alike": {"$in": sorted(tokens)}}, _FIELDS).to_list(None)


def near_duplicates(records: Sequence[Document]) -> dict[str, str | None]:
    """Return for each record the first one with a token in common; None if that is itself. Pure.

    The first is the one whose message was sent first.
    """
    ordered = sorted(records, key=_sent)
    first: dict[str, str] = {}
    place: dict[str, int] = {}
    for number, record in enumerate(ordered):
        place.setdefault(record["_id"], number)
        for token in record["_alike"]:
            first.setdefault(token, record["_id"])
    near: dict[str, str | None] = {}
    for record in ordered:
        earliest = min((first[token] for token in record["_alike"]), key=place.__getitem__)
        near[record["_id"]] = None if earliest == record["_id"] else earliest
    return near


def _sent(record: Document) -> tuple[Any, ...]:
    message = record.get("message") or {}
    return message.get("date") or _NEVER, message.get("message_id") or "", record["_id"]
