"""Batching of concurrent calls into one, as a DataLoader does it.

Under load each database call serves many requests, which is most of what makes them cheap; without
load a call starts at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_MAX_BATCH = 500


class BatchedCalls(Generic[ArgumentT, ResultT]):
    """Pass arguments to `function` in lists; it returns the results in the same order, or raises
    for all of them.

    One call runs at a time: two at once were half as large, and the whole request cost a fifth more
    processor time.
    """

    def __init__(self, function: Callable[[Sequence[ArgumentT]], Awaitable[Sequence[ResultT]]]) -> None:
        self._function = function
        self._is_idle = True
        self._waiting: list[tuple[ArgumentT, asyncio.Future[ResultT]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def call(self, argument: ArgumentT) -> asyncio.Future[ResultT]:
        """Return the future result for one argument; it raises what the function raises.

        This is no coroutine, because each one would be a task of its own where several are
        gathered.
        """
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((argument, future))
        if self._is_idle:
            self._is_idle = False
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
            try:
                results = await self._function([argument for argument, _ in batch])
            except BaseException as error:
                self._fail(batch, error)
                if not isinstance(error, Exception):
                    self._is_idle = True
                    raise
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        self._is_idle = True

    @staticmethod
    def _fail(batch: Sequence[tuple[ArgumentT, asyncio.Future[ResultT]]], error: BaseException) -> None:
        for _, future in batch:
            if future.done():
                continue
            if isinstance(error, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(error)
