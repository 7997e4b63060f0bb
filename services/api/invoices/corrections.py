"""Use case: correct fields of an invoice. Scans never overwrite a correction; it can be taken
back."""

import logging
from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.api.http.problems import Problem, not_found
from services.api.identity.tokens import Principal
from services.api.invoices.corrected_view import CORRECTIONS, FOUND_VALUES, CorrectedInvoices, with_correction
from services.api.invoices.reader import etag_of, read_invoice
from shared.events import utc_now
from shared.invoices import Invoice
from shared.mongo import Database, Document
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.api.corrections")


class Corrections:
    """Writes `invoice_corrections`: one document for each invoice that was ever corrected."""

    def __init__(self, database: Database) -> None:
        self._corrections = database[CORRECTIONS]
        self._invoices = CorrectedInvoices(database)

    async def correct(
        self, actor: Principal, invoice_id: str, values: Mapping[str, Any], *, if_match: str | None
    ) -> tuple[Invoice, str]:
        """Set corrections, or take back those whose value is None; return the invoice and its
        entity tag.

        With `if_match`, an entity tag, it is changed only if it has not changed since. Raises
        `Problem`: 404, or 412.
        """
        found = await self._invoices.find(actor.user_id, invoice_id)
        if found is None:
            raise not_found()
        if if_match not in (None, "*", etag_of(found)):
            raise _modified()
        expected = None if if_match in (None, "*") else found["_corrected"]
        correction = await self._write(actor, invoice_id, values, expected)
        document = with_correction({**found, **found.get(FOUND_VALUES, {})}, correction)
        return read_invoice(document), etag_of(document)

    async def run(self, *, every_s: float) -> None:
        """Remove orphaned corrections periodically, until cancelled."""
        name = "removal of orphaned corrections"
        await run_periodically(self.delete_orphans, name=name, every_s=every_s, logger=logger)

    async def delete_orphans(self) -> None:
        """Remove the corrections of invoices that the scanner has erased, as with a deleted
        account."""
        orphans = self._corrections.aggregate(
            [
                {"$lookup": {"from": "invoices", "localField": "_id", "foreignField": "_id", "as": "invoice"}},
                {"$match": {"invoice": []}},
                {"$project": {"_id": 1}},
            ]
        )
        ids = [correction["_id"] async for correction in orphans]
        if ids:
            await self._corrections.delete_many({"_id": {"$in": ids}})

    async def _write(
        self, actor: Principal, invoice_id: str, values: Mapping[str, Any], expected: int | None
    ) -> Document | None:
        now = utc_now()
        change: Document = {"$inc": {"version": 1}, "$set": {"changed_at": now}}
        for name, value in values.items():
            if value is None:
                change.setdefault("$unset", {}).update({f"corrections.{name}": "", f"values.{name}": ""})
            else:
                entry = {"value": value, "by": actor.name, "at": now}
                change["$set"].update({f"corrections.{name}": entry, f"values.{name}": value})
        condition = {"_id": invoice_id, "user_id": actor.user_id, **({"version": expected} if expected else {})}
        is_new = not expected and any(value is not None for value in values.values())
        try:
            document: Document | None = await self._corrections.find_one_and_update(
                condition if expected != 0 else {**condition, "version": {"$exists": False}},
                change,
                upsert=is_new,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another first correction of the invoice came at the same moment.
            if expected is not None:
                raise _modified() from None
            return await self._write(actor, invoice_id, values, None)
        if document is None:
            if expected:
                raise _modified()
            return None
        return {"corrections": {}, "values": {}, **document}


def _modified() -> Problem:
    return Problem("changed_meanwhile", "Read the invoice again before you change it.")
