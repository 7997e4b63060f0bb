"""How many units a scanner works on at the same time: several, or one alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


class Room:
    """Room for `places` units."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = asyncio.Semaphore(places)
        self._clearing = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Beside others, as soon as there is room."""
        async with self._free:
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """With nothing else under way; two who want that do not wait for each other's places."""
        async with self._clearing, AsyncExitStack() as places:
            for _ in range(self._places):
                await places.enter_async_context(self._free)
            yield
