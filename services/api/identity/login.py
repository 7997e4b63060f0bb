"""Use case: sign in with name and password for a short-lived token and a session."""

import datetime as dt
from dataclasses import dataclass

from services.api.http.problems import Problem
from services.api.identity.credentials import Credentials
from services.api.identity.passwords import Passwords
from services.api.identity.schemas import AccessToken
from services.api.identity.throttle import LoginThrottle
from services.api.identity.tokens import TOKEN_SECONDS, Principal, TokenSigner
from shared.mongo import Database


@dataclass(frozen=True)
class SignedIn:
    """The token and the session of a user who has signed in."""

    token: AccessToken
    session: str
    session_seconds: int


class Login:
    """Signs users in and out."""

    def __init__(
        self,
        database: Database,
        *,
        tokens: TokenSigner | None,
        credentials: Credentials,
        passwords: Passwords,
        throttle: LoginThrottle,
        session_hours: int,
    ) -> None:
        self._users = database["users"]
        self._tokens = tokens
        self._credentials = credentials
        self._passwords = passwords
        self._throttle = throttle
        self._lifetime = dt.timedelta(hours=session_hours)

    async def sign_in(self, name: str, password: str, *, address: str) -> SignedIn:
        """Sign in. Raises `Problem`: 401 whichever of the two is wrong, 429 after too many
        attempts, 403 with an issuer."""
        if self._tokens is None:
            raise Problem("password_login_off")
        await self._throttle.count_attempt(name, address)
        user = await self._users.find_one({"name": name})
        stored = user.get("password") if user else None
        if not await self._passwords.matches(stored, password) or user is None or stored is None:
            raise Problem("wrong_password")
        await self._throttle.reset(name, address)
        if self._passwords.is_outdated(stored):
            renewed = {"$set": {"password": await self._passwords.hash(password)}}
            await self._users.update_one({"_id": user["_id"], "password": stored}, renewed)
        token = self._tokens.issue(user_id=user["_id"], name=name, admin=user["admin"])
        session = await self._create_session(user_id=user["_id"], name=name, admin=user["admin"])
        access_token = AccessToken(access_token=token, expires_in=TOKEN_SECONDS)
        return SignedIn(access_token, session, self.session_seconds)

    async def sign_in_by_link(self, secret: str) -> str:
        """Create a session for the user of a one-time link; raises `Problem` 401 if it is not
        valid."""
        user = await self._credentials.authenticate("link", secret)
        return await self._create_session(user_id=user.user_id, name=user.name, admin=user.admin)

    @property
    def session_seconds(self) -> int:
        """Return how long a session lasts."""
        return int(self._lifetime.total_seconds())

    async def _create_session(self, *, user_id: str, name: str, admin: bool) -> str:
        until = dt.datetime.now(dt.UTC) + self._lifetime
        owner = Principal(user_id=user_id, name=name, admin=admin, expires_at=until)
        session, _ = await self._credentials.create("session", owner, lifetime=self._lifetime)
        return session

    async def sign_out(self, session: str | None) -> None:
        """End the session of this cookie."""
        if session is not None:
            await self._credentials.revoke(session)
