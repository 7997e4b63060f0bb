"""Use cases of administrators: users, their tokens and sign-in links."""

import datetime as dt
import uuid
from collections.abc import Iterable

from pymongo import ReturnDocument

from services.api.admin import schemas
from services.api.http.problems import Problem, not_found
from services.api.identity.credentials import Credentials
from services.api.identity.passwords import Passwords
from services.api.identity.schemas import AccessToken, SignInLink, User
from services.api.identity.tokens import TOKEN_SECONDS, Principal, TokenSigner
from shared.events import utc_now
from shared.mongo import Database, Document

_LINK = dt.timedelta(minutes=15)


class UserAdministration:
    """Writes `users`."""

    def __init__(
        self, database: Database, *, tokens: TokenSigner | None, passwords: Passwords, credentials: Credentials
    ) -> None:
        self._users = database["users"]
        self._tokens = tokens
        self._passwords = passwords
        self._credentials = credentials

    async def put(self, name: str, rights: schemas.UserRights) -> tuple[User, bool]:
        """Create the user or set the rights of an existing one; return it and whether it is new.

        A new password ends the user's sessions.
        """
        new_id = uuid.uuid4().hex
        changes: Document = {"admin": rights.admin}
        if rights.password is not None:
            changes["password"] = await self._passwords.hash(rights.password)
        document = await self._users.find_one_and_update(
            {"name": name},
            {"$set": changes, "$setOnInsert": {"_id": new_id, "created_at": utc_now()}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if rights.password is not None:
            await self._credentials.revoke_sessions(document["_id"])
        return _user(document), document["_id"] == new_id

    async def list(self) -> schemas.Users:
        """Return all users, by name."""
        documents = await self._users.find().sort("name", 1).to_list(None)
        return schemas.Users(items=[_user(document) for document in documents])

    async def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return user id -> name, of those that are users here and not only at an issuer."""
        found = self._users.find({"_id": {"$in": list(user_ids)}}, {"name": 1})
        return {document["_id"]: document["name"] async for document in found}

    async def id_of(self, name: str) -> str | None:
        """Return the id of the user with this name."""
        document = await self._users.find_one({"name": name}, {"_id": 1})
        return document["_id"] if document else None

    async def issue_token(self, name: str) -> AccessToken:
        """Issue a bearer token for the user."""
        if self._tokens is None:
            raise Problem("password_login_off", "Tokens come from the issuer.")
        document = await self._users.find_one({"name": name})
        if document is None:
            raise not_found()
        token = self._tokens.issue(user_id=document["_id"], name=name, admin=document["admin"])
        return AccessToken(access_token=token, expires_in=TOKEN_SECONDS)

    async def issue_link(self, name: str) -> SignInLink:
        """Issue a link that signs a browser in as the user, once."""
        if self._tokens is None:
            raise Problem("password_login_off", "People sign in at the issuer.")
        document = await self._users.find_one({"name": name})
        if document is None:
            raise not_found()
        until = utc_now() + _LINK
        user = Principal(user_id=document["_id"], name=name, admin=document["admin"], expires_at=until)
        secret, _ = await self._credentials.create("link", user, lifetime=_LINK)
        return SignInLink(path=f"/sign-in?link={secret}", expires_in=int(_LINK.total_seconds()))


def _user(document: Document) -> User:
    return User(user_id=document["_id"], name=document["name"], admin=document["admin"])
