"""Limit of the units that a scanner works on at the same time: several, or one exclusively."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


class ConcurrencyLimit:
    """Admits up to `places` units at a time, or one exclusively (a readers-writer lock with a
    bound)."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = asyncio.Semaphore(places)
        self._acquiring_all = asyncio.Lock()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Hold one place; wait until one is free."""
        async with self._free:
            yield

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold all places; wait until all others have ended."""
        # The lock keeps two of these from each holding some places and waiting for the other's.
        async with self._acquiring_all, AsyncExitStack() as places:
            for _ in range(self._places):
                await places.enter_async_context(self._free)
            yield
