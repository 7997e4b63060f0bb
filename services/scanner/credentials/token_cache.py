"""Access tokens in memory, one for each mailbox, until shortly before they run out; fetched once however many ask."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MOST = 10_000
_MOST_SECRETS = 8
_MARGIN_SECONDS = 60.0


class SealedSecret(NamedTuple):
    """A secret as the account stores it, and which one it is."""

    sealed: str
    version: int


class Fetched(NamedTuple):
    """A token, the seconds that it lasts, and the secret that is to be used from now on."""

    token: str
    seconds: float
    secret: SealedSecret


Fetch = Callable[[SealedSecret], Awaitable[Fetched]]


@dataclass
class _Kept:
    """`secrets`: the one that the account had, then those that replaced it in use, which the account may not have yet.
    `given` counts the logins that got the token: one that was given before may have been revoked since."""

    secrets: list[SealedSecret]
    token: str | None = None
    until: float = 0.0
    given: int = 0
    fetching: "asyncio.Task[str] | None" = field(default=None, repr=False)


class AccessTokens:
    """The tokens of one process. An account whose secret a person has changed never gets the token of the old one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._clock = clock
        self._fetching: set[asyncio.Task[Any]] = set()

    async def get(self, account_id: str, secret: SealedSecret, fetch: Fetch) -> str:
        """The token that is kept, or the one that `fetch` gives for the newest secret; raises what it raises.

        A fetch that was begun goes on when whoever asked goes away: the endpoint may have replaced the secret by then.
        """
        kept = self._of(account_id, secret)
        token = kept.token if self._clock() < kept.until else None
        if token is None:
            if kept.fetching is None:
                kept.fetching = asyncio.create_task(self._fetch(kept, fetch))
                self._fetching.add(kept.fetching)
                kept.fetching.add_done_callback(self._done)
            token = await asyncio.shield(kept.fetching)
        kept.given += 1
        return token

    def refused(self, account_id: str, token: str) -> bool:
        """Forget a token that the mail server refused. Whether another may do: not if it was fetched for this login."""
        kept = self._kept.get(account_id)
        if kept is None or kept.token != token:
            return True  # somebody else was refused before, and it is forgotten already
        kept.token, kept.until = None, 0.0
        return kept.given > 1

    async def close(self, *, within_s: float) -> None:
        """Let what is being fetched come to its end."""
        if self._fetching:
            _, late = await asyncio.wait(self._fetching, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _of(self, account_id: str, secret: SealedSecret) -> _Kept:
        kept = self._kept.get(account_id)
        if kept is None or secret not in kept.secrets:
            kept = self._kept[account_id] = _Kept([secret])
        self._kept.move_to_end(account_id)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return kept

    async def _fetch(self, kept: _Kept, fetch: Fetch) -> str:
        try:
            fetched = await fetch(kept.secrets[-1])
        finally:
            kept.fetching = None
        if fetched.secret not in kept.secrets:
            kept.secrets = [*kept.secrets, fetched.secret][-_MOST_SECRETS:]
        kept.token, kept.given = fetched.token, 0
        kept.until = self._clock() + max(fetched.seconds - _MARGIN_SECONDS, fetched.seconds / 2)
        return fetched.token

    def _done(self, task: "asyncio.Task[str]") -> None:
        self._fetching.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits for it has it; nobody may
