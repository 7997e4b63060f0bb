"""Erasure of the results of an account; other accounts of its user keep what they carry too."""

import datetime as dt
import logging
import re

from pymongo import DeleteOne, UpdateOne

from services.scanner.repository.merging import account_of_place, place_of_account, without_account
from services.scanner.repository.near_duplicates import NearDuplicates
from services.scanner.runs.model import ACTIVE_STATES, TERMINAL_STATES
from shared.events import utc_now
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.scanner.erasure")

_AT_ONCE = 200


class ResultEraser:
    """Erases results. Every method may be repeated, at any time and by several scanners at once."""

    def __init__(self, database: Database) -> None:
        self._runs = database["scan_runs"]
        self._cursors = database["mailbox_cursors"]
        self._ledger = database["message_ledger"]
        self._checks = database["mailbox_checks"]
        self._invoices = database["invoices"]
        self._near = NearDuplicates(self._invoices)
        self._files = database["documents.files"]
        self._chunks = database["documents.chunks"]

    async def open_run_of(self, account_id: str) -> str | None:
        """Return the task id of the account's open run; there is one at most."""
        run = await self._runs.find_one({"account_key": account_id}, {"_id": 1})
        return None if run is None else str(run["_id"])

    async def erase_results(self, user_id: str, account_id: str) -> None:
        """Erase cursors, checks, invoices, and last the ledger, which says what is left of
        invoices."""
        await self._cursors.delete_many({"_id": _starts_with(place_of_account(account_id))})
        await self._checks.delete_many({"account_id": account_id})
        while await self._erase_some_invoices(user_id, account_id):
            continue
        await self._near.mark_again(user_id)
        await self._ledger.delete_many({"account_id": account_id})

    async def erase_ended_runs(self, account_id: str) -> None:
        """Erase the runs that have ended and are announced; they name folders."""
        over = {"account_id": account_id, "state": {"$in": list(TERMINAL_STATES)}, "settled": True}
        await self._runs.delete_many(over)

    async def erase_unused_originals(self, user_id: str, *, older_than: dt.timedelta) -> bool:
        """Erase the user's originals that no invoice refers to.

        Returns False, having done nothing, while a scan of the user is active: it stores an
        original before the invoice that refers to it.
        """
        if await self._runs.find_one({"user_id": user_id, "state": {"$in": list(ACTIVE_STATES)}}, {"_id": 1}):
            return False
        after = ""
        while True:
            old = {"_id": {**_starts_with(f"{user_id}/"), "$gt": after}, "uploadDate": {"$lt": utc_now() - older_than}}
            batch = self._files.find(old, {"_id": 1}).sort("_id", 1).limit(_AT_ONCE)
            file_ids = [str(file["_id"]) for file in await batch.to_list(None)]
            if not file_ids:
                return True
            await self._delete_unused(user_id, file_ids)
            after = file_ids[-1]

    async def _delete_unused(self, user_id: str, file_ids: list[str]) -> None:
        digests = {file_id.rpartition("/")[2]: file_id for file_id in file_ids}
        condition = {"user_id": user_id, "carriers.sha256": {"$in": list(digests)}}
        used = set(await self._invoices.distinct("carriers.sha256", condition))
        unused = [file_id for digest, file_id in digests.items() if digest not in used]
        if unused:
            await self._chunks.delete_many({"files_id": {"$in": unused}})
            await self._files.delete_many({"_id": {"$in": unused}})

    async def _erase_some_invoices(self, user_id: str, account_id: str) -> bool:
        """Erase the account from some invoices; return whether there were any.

        An invoice that a scan changes meanwhile is found again by the next call.
        """
        places = _starts_with(place_of_account(account_id))
        condition = {"user_id": user_id, "$or": [{"account_id": account_id}, {"carriers._places": places}]}
        documents = await self._invoices.find(condition).limit(_AT_ONCE).to_list(None)
        writes: list[DeleteOne | UpdateOne] = []
        for document in documents:
            unchanged = {"_id": document["_id"], "_version": document["_version"]}
            changes = without_account(document, account_id)
            if changes is None:
                writes.append(DeleteOne(unchanged))
                continue
            changes |= await self._fields_of_first_message(document, changes["carriers"], account_id)
            writes.append(UpdateOne(unchanged, {"$set": changes, "$inc": {"_version": 1}}))
        if writes:
            await self._invoices.bulk_write(writes, ordered=False)
            await self._near.mark({token for document in documents for token in document.get("_alike", ())})
        return bool(documents)

    async def _fields_of_first_message(self, document: Document, carriers: list[Document], account_id: str) -> Document:
        """Return the fields that name the record's message and account, from the earliest message
        left."""
        places = sorted({place for carrier in carriers for place in carrier["_places"]})
        entries = await self._ledger.find({"_id": {"$in": places}}).sort([("date", 1), ("_id", 1)]).to_list(None)
        of_others = str(document["_created_by"]).startswith(place_of_account(account_id))
        owner: Document = {}
        if document["account_id"] == account_id:
            owner["account_id"] = account_of_place(places[0])
        if not entries:
            unknown = {"message_id": carriers[0]["message_id"], "subject": None, "from": None, "date": None}
            return {**owner, **({"message": unknown} if owner else {})}
        first = min(entries, key=lambda entry: (entry["date"] is None, entry["date"] or utc_now(), entry["_id"]))
        message = {name: first[name] for name in ("message_id", "subject", "date")} | {"from": first["sender"]}
        if owner:
            owner = {"account_id": first["account_id"], "task_id": first["task_id"]}
        if of_others:
            owner["_created_by"] = first["_id"]
        return {**owner, "message": message}


def _starts_with(text: str) -> Document:
    return {"$regex": f"^{re.escape(text)}"}
