"""Reader of the message ledger of a scan."""

from services.api.http import cursors
from services.api.scans.schemas import LedgerEntry, LedgerPage, Outcome
from shared.ledger_reasons import SENTENCES, ReasonCode
from shared.mongo import Database, Document


class LedgerReader:
    """Reads `message_ledger`."""

    def __init__(self, database: Database) -> None:
        self._ledger = database["message_ledger"]

    async def page(
        self, user_id: str, task_id: str, *, outcome: Outcome | None, limit: int, cursor: str | None
    ) -> LedgerPage:
        """Return a page of the messages that this task was the last to read, by outcome, then
        id."""
        scope: Document = {"task_id": task_id, "user_id": user_id}
        conditions = {**scope, "outcome": outcome} if outcome else scope
        if cursor is not None:
            last_outcome, last_id = cursors.decode(cursor, str, str)
            after = [{"outcome": {"$gt": last_outcome}}, {"outcome": last_outcome, "_id": {"$gt": last_id}}]
            conditions = {**conditions, "$or": after}
        found = await self._ledger.find(conditions).sort([("outcome", 1), ("_id", 1)]).limit(limit + 1).to_list(None)
        items = found[:limit]
        return LedgerPage(
            items=[_entry(document) for document in items],
            next_cursor=cursors.encode(items[-1]["outcome"], items[-1]["_id"]) if len(found) > limit else None,
            counts=await self._counts(scope),
        )

    async def _counts(self, scope: Document) -> dict[Outcome, int]:
        groups = self._ledger.aggregate([{"$match": scope}, {"$group": {"_id": "$outcome", "count": {"$sum": 1}}}])
        return {group["_id"]: group["count"] async for group in groups}


def _entry(document: Document) -> LedgerEntry:
    reason = document.get("reason", "")
    sentence = SENTENCES[ReasonCode(reason)] if reason in _CODES else reason
    return LedgerEntry.model_validate({**_ABSENT, **document, "why": sentence})


_CODES = frozenset(ReasonCode)
_ABSENT: Document = dict.fromkeys(("message_id", "subject", "sender", "date", "size")) | {"reason": "", "invoices": []}
