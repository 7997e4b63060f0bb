"""Audit log of actions with effects beyond their user, written before they are carried out.

These are all actions of administrators, and all changes of webhooks, which send events out of the
product.
"""

import secrets
from typing import Any

from pydantic import BaseModel, Field

from services.api.http import cursors
from services.api.identity.tokens import Principal
from shared.events import Timestamp, utc_now
from shared.mongo import Database, Document


class AuditActor(BaseModel):
    """The user who acted."""

    user_id: str
    name: str


class AuditEntry(BaseModel):
    """One action of an administrator."""

    at: Timestamp
    by: AuditActor
    action: str = Field(examples=["tasks.cleanup"])
    details: dict[str, Any]


class AuditPage(BaseModel):
    """Actions, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class AuditLog:
    """Writes `audit_log`; entries never change."""

    def __init__(self, database: Database) -> None:
        self._log = database["audit_log"]

    async def record(self, actor: Principal, action: str, **details: Any) -> None:
        """Record that `actor` is about to do `action`. Raises what the database raises: then do not
        act."""
        entry = {
            "_id": secrets.token_hex(12),
            "at": utc_now(),
            "by": {"user_id": actor.user_id, "name": actor.name},
            "action": action,
            "details": details,
        }
        await self._log.insert_one(entry)

    async def page(self, *, limit: int, cursor: str | None) -> AuditPage:
        """Return a page of entries, newest first."""
        conditions: Document = {}
        if cursor is not None:
            at, entry_id = cursors.decode_time(cursor)
            conditions = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": entry_id}}]}
        found = await self._log.find(conditions).sort([("at", -1), ("_id", -1)]).limit(limit + 1).to_list(None)
        items = found[:limit]
        return AuditPage(
            items=[AuditEntry.model_validate(entry) for entry in items],
            next_cursor=cursors.encode_time(items[-1]["at"], items[-1]["_id"]) if len(found) > limit else None,
        )
