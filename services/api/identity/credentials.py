"""Credentials that can be revoked: sessions, API keys, one-time tickets and links.

Each is a random text of 256 bits that its owner sees once. The database has its SHA-256: a text
that cannot be guessed needs neither salt nor a slow hash, and a lookup by index leaks nothing by
its timing.
"""

import datetime as dt
import hashlib
import secrets
from typing import Literal

from services.api.identity.tokens import Principal, invalid_token
from shared.events import utc_now
from shared.mongo import Database, Document

Kind = Literal["session", "key", "ticket", "link"]
PREFIXES: dict[Kind, str] = {"session": "mts_", "key": "mtk_", "ticket": "mtt_", "link": "mtl_"}
"""What each begins with, so that scanners for leaked secrets can know them."""

_NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
_ONCE = frozenset({"ticket", "link"})
_USED_EVERY = dt.timedelta(minutes=1)


class Credentials:
    """Writes `credentials`."""

    def __init__(self, database: Database) -> None:
        self._credentials = database["credentials"]
        self._users = database["users"]

    async def create(
        self, kind: Kind, owner: Principal, *, lifetime: dt.timedelta | None, label: str | None = None
    ) -> tuple[str, Document]:
        """Create a credential of `owner`; return the secret text and the stored document."""
        now = utc_now()
        secret = PREFIXES[kind] + secrets.token_urlsafe(32)
        document: Document = {
            "_id": _digest(secret),
            "kind": kind,
            "key_id": secrets.token_hex(12),
            "user_id": owner.user_id,
            "name": owner.name,
            "label": label,
            "created_at": now,
            "expires_at": _NEVER if lifetime is None else now + lifetime,
            "used_at": None,
            "owner_until": owner.expires_at,
        }
        await self._credentials.insert_one(document)
        return secret, document

    async def authenticate(self, kind: Kind, secret: str) -> Principal:
        """Return the principal of a credential, with the rights that the user has now.

        A ticket and a link are used up by it. Raises `Problem` 401 when the credential is not, or
        no longer, valid.
        """
        valid = {"_id": _digest(secret), "kind": kind, "expires_at": {"$gt": utc_now()}}
        found: Document | None = await (
            self._credentials.find_one_and_delete(valid) if kind in _ONCE else self._credentials.find_one(valid)
        )
        if found is None:
            raise invalid_token("The credential is unknown, revoked or expired.")
        if kind == "key":
            await self._record_use(found)
        user = await self._users.find_one({"_id": found["user_id"]})
        return Principal(
            user_id=found["user_id"],
            name=user["name"] if user else found["name"],
            admin=bool(user and user["admin"]),
            # A ticket opens a stream, which may last as long as the credential that issued the
            # ticket.
            expires_at=found["owner_until" if kind == "ticket" else "expires_at"],
        )

    async def list_keys(self, user_id: str) -> list[Document]:
        """Return the user's API keys, newest first."""
        return await self._credentials.find({"user_id": user_id, "kind": "key"}).sort("created_at", -1).to_list(None)

    async def revoke_key(self, user_id: str, key_id: str) -> bool:
        """Revoke a key; return whether the user had it."""
        condition = {"user_id": user_id, "kind": "key", "key_id": key_id}
        return (await self._credentials.delete_one(condition)).deleted_count == 1

    async def revoke(self, secret: str) -> None:
        """Delete one credential."""
        await self._credentials.delete_one({"_id": _digest(secret)})

    async def revoke_sessions(self, user_id: str) -> None:
        """Sign the user out everywhere."""
        await self._credentials.delete_many({"user_id": user_id, "kind": {"$in": ["session", "ticket", "link"]}})

    async def _record_use(self, found: Document) -> None:
        now = utc_now()
        if found["used_at"] is None or now - found["used_at"] > _USED_EVERY:
            await self._credentials.update_one({"_id": found["_id"]}, {"$set": {"used_at": now}})


def expiry(document: Document) -> dt.datetime | None:
    """Return when a credential ends, or None if it does not."""
    at: dt.datetime = document["expires_at"]
    return None if at == _NEVER else at


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
