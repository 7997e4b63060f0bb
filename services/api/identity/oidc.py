"""Verification of bearer tokens of an OpenID Connect issuer, with the keys that it publishes.

Sources: OpenID Connect Discovery 1.0, RFC 7517 (keys), RFC 8725 (best practices: fixed algorithms,
audience checked).
"""

import asyncio
import datetime as dt
import hashlib
import logging
import time
from typing import Any

import httpx
import jwt

from services.api.http.problems import unavailable
from services.api.identity.tokens import CLAIMS, CLOCK_SKEW_SECONDS, Principal, invalid_token, subject

logger = logging.getLogger("mailtally.api.oidc")

ADMIN_ROLE = "mailtally-admin"
"""Users with this role in the claim `roles` are administrators."""
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_KEYS_SECONDS = 3600.0
_REFETCH_SECONDS = 10.0
"""When a token names an unknown key, the keys are fetched again, but no more often than this."""
_FETCH_SECONDS = 3.0
_DISCOVERY = "/.well-known/openid-configuration"


class OidcVerifier:
    """Verifies the tokens of one issuer."""

    def __init__(self, issuer: str, audience: str) -> None:
        self.issuer = issuer
        self._audience = audience
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, token: str) -> Principal:
        """Return the principal of a valid token; raises `Problem` 401, or 503 while there are no
        keys."""
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise invalid_token("The token is signed with a key that its issuer does not publish.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self.issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": [*CLAIMS, "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            raise invalid_token("The token has expired.") from None
        except jwt.PyJWTError:
            raise invalid_token("The token is not valid here.") from None
        named = subject(claims)
        roles = claims.get("roles")
        return Principal(
            user_id=self._user_id(named),
            name=str(claims.get("preferred_username") or claims.get("name") or named),
            admin=isinstance(roles, list) and ADMIN_ROLE in roles,
            expires_at=_moment(claims["exp"]),
        )

    def _user_id(self, named: str) -> str:
        """Return a stable id that no user of our own or of another issuer has."""
        return hashlib.sha256(f"{self.issuer}\n{named}".encode()).hexdigest()[:32]

    async def _key(self, key_id: str | None) -> jwt.PyJWK | None:
        async with self._fetching:
            age = time.monotonic() - self._fetched_at
            if age > _KEYS_SECONDS or (key_id not in self._keys and age > _REFETCH_SECONDS):
                await self._fetch()
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=_FETCH_SECONDS) as client, asyncio.timeout(_FETCH_SECONDS):
                found = (await client.get(self.issuer.rstrip("/") + _DISCOVERY)).raise_for_status().json()
                if found["issuer"] != self.issuer:
                    raise ValueError("the discovery document names another issuer")
                published = (await client.get(found["jwks_uri"])).raise_for_status().json()
            keys = [
                jwt.PyJWK(key) for key in published["keys"] if key.get("use", "sig") == "sig" and key["kty"] != "oct"
            ]
        except (
            httpx.HTTPError,
            jwt.PyJWTError,
            TimeoutError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            extra = {"event": "issuer_keys_unavailable", "reason": type(error).__name__}
            logger.warning("keys of the identity provider could not be fetched", extra=extra)
            if not self._keys:
                raise unavailable("issuer_unavailable") from None
            return
        self._keys = {key.key_id: key for key in keys}
        self._fetched_at = time.monotonic()


def _moment(seconds: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise invalid_token("The expiry of the token is not a valid date.") from None
