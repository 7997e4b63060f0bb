"""Bearer tokens for the client, renewed before they expire: a watched scan may outlast one."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import httpx
import jwt

_OPERATOR_SECONDS = 300


@dataclass(frozen=True)
class Token:
    """A bearer token and its lifetime in seconds from now."""

    text: str
    seconds: float


class BearerAuth(httpx.Auth):
    """Sends a token with each request, and renews it when half of its lifetime is over."""

    def __init__(self, issue: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._issue = issue
        self._clock = clock
        self._token = ""
        self._renew_at = float("-inf")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the Authorization header."""
        if self._clock() >= self._renew_at:
            token = self._issue()
            self._token, self._renew_at = token.text, self._clock() + token.seconds / 2
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def operator_token(secret: str) -> Token:
    """Sign a short-lived token for the operator of this machine with the stack's own key."""
    now = int(time.time())
    claims = {"sub": "operator", "name": "operator", "admin": True, "iat": now, "exp": now + _OPERATOR_SECONDS}
    return Token(jwt.encode(claims, secret, algorithm="HS256"), _OPERATOR_SECONDS)
