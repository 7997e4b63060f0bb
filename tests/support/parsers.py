"""Parser children that all scanners of one test process share: to start one costs half a second of processor time."""

import asyncio
import atexit
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from services.scanner.extract.limits import Limits
from services.scanner.extract.sandbox.pool import ParserKilledError, ParserPool, ParserResult
from tests.support.waiting import SECONDS

if TYPE_CHECKING:
    from concurrent.futures import Future

_WORKERS = 2

_pools: dict[Limits, "Future[ParserPool]"] = {}


class SharedParsers(ParserPool):
    """Stands in for a scanner's own pool. The children are real, below their real limits; they stay for the next test.

    Each test has an event loop of its own, so the children live in that of a thread.
    """

    def __init__(self, *, workers: int, limits: Limits) -> None:  # noqa: ARG002 (what a scanner asks for)
        super().__init__(workers=0, limits=limits)
        self._limits = limits

    async def start(self) -> None:
        """Start them if no scanner before has."""
        await asyncio.shield(asyncio.wrap_future(_pool(self._limits)))

    async def close(self) -> None:
        """Leave them to the next scanner."""

    async def examine(self, raws: Sequence[bytes]) -> list[ParserResult | ParserKilledError]:
        """As a pool of the scanner's own does."""
        pool = await asyncio.wrap_future(_pool(self._limits))
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(pool.examine(raws), _loop()))


def _pool(limits: Limits) -> "Future[ParserPool]":
    known = _pools.get(limits)
    if known is None or (known.done() and known.exception() is not None):
        known = _pools[limits] = asyncio.run_coroutine_threadsafe(_started(limits), _loop())
    return known


async def _started(limits: Limits) -> ParserPool:
    pool = ParserPool(workers=_WORKERS, limits=limits)
    await pool.start()
    return pool


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="parsers", daemon=True).start()
    atexit.register(_end, loop)
    return loop


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for started in _pools.values():
        if started.done() and started.exception() is None:
            asyncio.run_coroutine_threadsafe(started.result().close(), loop).result(SECONDS)
    loop.call_soon_threadsafe(loop.stop)
