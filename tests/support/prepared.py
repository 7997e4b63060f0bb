"""Things that each test has of its own, made while the test before runs and removed while the next one does."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Prepared(Generic[T]):
    """Keeps one thing ready; `make` opens one, and its end removes it."""

    def __init__(self, make: Callable[[], AbstractContextManager[T]]) -> None:
        self._make = make
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._next: Future[tuple[AbstractContextManager[T], T]] | None = None
        self._ends: list[Future[bool | None]] = []

    @contextmanager
    def one(self) -> Iterator[T]:
        """Hand out the one that is ready, and begin to make the next. Raises what making it raised."""
        ready = self._next or self._thread.submit(self._enter)
        self._next = self._thread.submit(self._enter)
        context, thing = ready.result()
        try:
            yield thing
        finally:
            self._end(context)

    def close(self) -> None:
        """Remove what is ready, wait for all removals, and raise what one of them raised."""
        if self._next is not None:
            self._end(self._next.result()[0])
        self._thread.shutdown()
        for end in self._ends:
            end.result()

    def _enter(self) -> tuple[AbstractContextManager[T], T]:
        context = self._make()
        return context, context.__enter__()

    def _end(self, context: AbstractContextManager[T]) -> None:
        self._ends.append(self._thread.submit(context.__exit__, None, None, None))
