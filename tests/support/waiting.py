"""How long tests wait for what must happen: one patience for all of them, and the ways to wait.

A right product needs a small part of the patience; only a failing test waits it out. So it is long, the same
everywhere, and no test brings a limit of its own. `MAILTALLY_TEST_PATIENCE` multiplies it on slow machines.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

SCALE = float(os.environ.get("MAILTALLY_TEST_PATIENCE") or 1)

SECONDS = 120.0 * SCALE
"""How long a test waits for one thing. Also the time-out of clients and child processes of tests."""

TEST_SECONDS = 900.0 * SCALE
"""How long one test may take, its fixtures aside: ends what hangs without waiting."""

_PAUSE = 0.05

T = TypeVar("T")


def patience() -> asyncio.Timeout:
    """`async with patience():` ends in `TimeoutError` what takes longer than `SECONDS`."""
    return asyncio.timeout(SECONDS)


async def eventually(check: Callable[[], Awaitable[T]]) -> T:
    """Ask until the answer is true, for what gives no signal; returns the answer.

    Raises `AssertionError` with the question's name and its last answer.
    """
    deadline = time.monotonic() + SECONDS
    while True:
        answer = await check()
        if answer:
            return answer
        assert time.monotonic() < deadline, _late(check, answer)
        await asyncio.sleep(_PAUSE)


def eventually_sync(check: Callable[[], T]) -> T:
    """The same for tests without an event loop."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < deadline, _late(check, answer)
        time.sleep(_PAUSE)


class Arrivals(Generic[T]):
    """What has arrived so far, in order; tests wait until it is enough."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._grown = asyncio.Condition()

    async def add(self, item: T) -> None:
        """Note an arrival and wake who waits."""
        async with self._grown:
            self.items.append(item)
            self._grown.notify_all()

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until `enough`, asked after every arrival. Raises `AssertionError` with the last arrivals."""
        try:
            async with patience(), self._grown:
                await self._grown.wait_for(enough)
        except TimeoutError:
            raise AssertionError(f"not enough within {SECONDS:.0f} s: {len(self.items)}, {self.items[-5:]!r}") from None


def _late(check: Callable[[], object], answer: object) -> str:
    name = getattr(check, "__qualname__", repr(check))
    return f"{name} did not come true within {SECONDS:.0f} s; its last answer was {answer!r}"
