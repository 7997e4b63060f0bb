"""Cache of access tokens, one for each mailbox, in memory; concurrent logins share one fetch."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MAX_TOKENS = 10_000
_MAX_SECRETS = 8
_MARGIN_SECONDS = 60.0


class SealedSecret(NamedTuple):
    """A secret as the account stores it, and its version."""

    sealed: str
    version: int


class FetchedToken(NamedTuple):
    """A token, the seconds that it lasts, and the secret to be used from now on."""

    token: str
    seconds: float
    secret: SealedSecret


Fetch = Callable[[SealedSecret], Awaitable[FetchedToken]]


@dataclass
class _CachedToken:
    """A cached token and its state.

    `secrets`: the one that the account had, then those that replaced it in use, which the account
    may not have yet. `given` counts the logins that got the token: if it was given before, it may
    have been revoked since.
    """

    secrets: list[SealedSecret]
    token: str | None = None
    until: float = 0.0
    given: int = 0
    fetching: "asyncio.Task[str] | None" = field(default=None, repr=False)


class TokenCache:
    """Access tokens of one process.

    An account whose secret a person has changed never gets the token of the old one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._cached: OrderedDict[str, _CachedToken] = OrderedDict()
        self._clock = clock
        self._fetching: set[asyncio.Task[Any]] = set()

    async def get(self, account_id: str, secret: SealedSecret, fetch: Fetch) -> str:
        """Return the cached token, or the one that `fetch` returns for the newest secret; raise as
        it does.

        A fetch goes on when the caller is cancelled: the endpoint may have replaced the secret by
        then.
        """
        cached = self._of(account_id, secret)
        token = cached.token if self._clock() < cached.until else None
        if token is None:
            if cached.fetching is None:
                cached.fetching = asyncio.create_task(self._fetch(cached, fetch))
                self._fetching.add(cached.fetching)
                cached.fetching.add_done_callback(self._done)
            token = await asyncio.shield(cached.fetching)
        cached.given += 1
        return token

    def refused(self, account_id: str, token: str) -> bool:
        """Forget a token that the mail server refused; return whether another one may be accepted.

        Not if it was fetched for this very login.
        """
        cached = self._cached.get(account_id)
        if cached is None or cached.token != token:
            return True  # another login was refused before, and it is forgotten already
        cached.token, cached.until = None, 0.0
        return cached.given > 1

    async def close(self, *, within_s: float) -> None:
        """Wait for the fetches under way, at most `within_s` seconds."""
        if self._fetching:
            _, late = await asyncio.wait(self._fetching, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _of(self, account_id: str, secret: SealedSecret) -> _CachedToken:
        cached = self._cached.get(account_id)
        if cached is None or secret not in cached.secrets:
            cached = self._cached[account_id] = _CachedToken([secret])
        self._cached.move_to_end(account_id)
        while len(self._cached) > _MAX_TOKENS:
            self._cached.popitem(last=False)
        return cached

    async def _fetch(self, cached: _CachedToken, fetch: Fetch) -> str:
        try:
            fetched = await fetch(cached.secrets[-1])
        finally:
            cached.fetching = None
        if fetched.secret not in cached.secrets:
            cached.secrets = [*cached.secrets, fetched.secret][-_MAX_SECRETS:]
        cached.token, cached.given = fetched.token, 0
        cached.until = self._clock() + max(fetched.seconds - _MARGIN_SECONDS, fetched.seconds / 2)
        return fetched.token

    def _done(self, task: "asyncio.Task[str]") -> None:
        self._fetching.discard(task)
        if not task.cancelled():
            task.exception()  # the waiting login has it; there may be none
