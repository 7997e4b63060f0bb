"""Authentication of requests by bearer token or session cookie."""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import jwt
from starlette.requests import HTTPConnection

from services.api.http.problems import Problem
from services.api.identity.credentials import PREFIXES, Credentials
from services.api.identity.oidc import OidcVerifier
from services.api.identity.tokens import Principal, TokenSigner, invalid_token, not_authenticated

SESSION_COOKIE = "mailtally_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEMBERED = 10_000


class Authenticator:
    """Accepts our own tokens if there is a secret for them, and an issuer's if one is
    configured."""

    def __init__(self, credentials: Credentials, *, tokens: TokenSigner | None, oidc: OidcVerifier | None) -> None:
        self._credentials = credentials
        self._tokens = tokens
        self._oidc = oidc
        self._verified: dict[str, Principal] = {}

    async def authenticate(self, request: HTTPConnection) -> Principal:
        """Return the principal of a request; raises `Problem` 401, or 403 if another site forged
        it."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return await self._bearer(token.strip())
        if scheme:
            raise invalid_token("Use `Authorization: Bearer` with a token or an API key.")
        session = request.cookies.get(SESSION_COOKIE)
        if session is None:
            raise not_authenticated()
        if request.scope["method"] not in _SAFE_METHODS:
            require_same_origin(request.headers)
        return await self._credentials.authenticate("session", session)

    async def _bearer(self, token: str) -> Principal:
        if token.startswith(PREFIXES["key"]):
            return await self._credentials.authenticate("key", token)
        known = self._verified.get(token)
        if known is None:
            known = await self._verify(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = known
        elif known.expires_at.timestamp() < time.time():
            del self._verified[token]
            raise invalid_token("The token has expired.")
        return known

    async def _verify(self, token: str) -> Principal:
        if self._oidc is not None and (self._tokens is None or _issuer(token) == self._oidc.issuer):
            return await self._oidc.verify(token)
        if self._tokens is None:
            raise invalid_token("The token is not valid here.")
        return self._tokens.verify(token)


def require_same_origin(headers: Mapping[str, str]) -> None:
    """Raise `Problem` 403 unless the browser says that a page of this very origin sends the
    request.

    A cookie comes with requests that other sites cause as well. Every browser says where an unsafe
    request is from: `Sec-Fetch-Site` (Fetch Metadata), else `Origin` (RFC 6454), which no page can
    forge.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    elif urlsplit(headers.get("origin", "")).netloc == headers.get("host"):
        return
    raise Problem("cross_site_request")


def _issuer(token: str) -> str | None:
    """Return the issuer that the token claims, unverified: it only selects the verifier."""
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        return None
    return claimed if isinstance(claimed, str) else None
