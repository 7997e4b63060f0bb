"""Where an actor (one delivery, or one sweep) stops before each of its steps, and how a test lets it go on or die."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from tests.support.waiting import patience

_ACTOR: ContextVar["Actor | None"] = ContextVar("actor", default=None)

ACK = "ack"


class _Gate:
    def __init__(self, label: str) -> None:
        self.label = label
        self.open = asyncio.Event()
        self.done = asyncio.Event()


class Actor:
    """Code of ours under way. Nothing of it happens between two steps but reads through cursors, so an actor that is
    killed between them is a process that died after its last step and before the next."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._dead = False
        self._gates: list[_Gate] = []
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> "Actor":
        """Run `work`, the tasks that it makes included, as this actor."""
        before = _ACTOR.set(self)
        self._task = asyncio.create_task(work)
        _ACTOR.reset(before)
        self._task.add_done_callback(lambda _: self._moved.set())
        return self

    async def at(self) -> str | None:
        """The step before which it stands; None once it has ended. Raises what its work raised."""
        assert self._task is not None
        async with patience():
            while not self._gates and not self._task.done():
                self._moved.clear()
                await self._moved.wait()
        if not self._task.done():
            return self._gates[0].label
        if not self._task.cancelled():
            self._task.result()
        return None

    async def step(self) -> None:
        """Take the step that waits the longest."""
        gate = self._gates.pop(0)
        gate.open.set()
        await gate.done.wait()

    async def until(self, label: str) -> "Actor":
        """Go on to just before the first step of this name."""
        while (at := await self.at()) != label:
            assert at is not None, f"{self.name} ended without {label}"
            await self.step()
        return self

    async def past(self, label: str) -> "Actor":
        """Go on to just after the first step of this name."""
        await self.until(label)
        await self.step()
        await self.at()
        return self

    async def finish(self) -> None:
        """Go on to the end."""
        while await self.at() is not None:
            await self.step()

    async def kill(self) -> None:
        """No step of it is taken any more."""
        self._dead = True
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def wait(self, label: str) -> _Gate:
        """Called by the actor's own code: stop here until the test lets it go on."""
        if self._dead:
            raise asyncio.CancelledError
        gate = _Gate(label)
        self._gates.append(gate)
        self._moved.set()
        try:
            await gate.open.wait()
        except asyncio.CancelledError:
            gate.done.set()
            raise
        finally:
            if gate in self._gates:
                self._gates.remove(gate)
        return gate


def acting() -> Actor | None:
    """The actor whose code runs; None in the test's own."""
    return _ACTOR.get()


@asynccontextmanager
async def step(label: str) -> AsyncIterator[None]:
    """A step of the actor whose code runs; the test's own code does not stop."""
    actor = acting()
    if actor is None:
        yield
        return
    gate = await actor.wait(label)
    try:
        yield
    finally:
        gate.done.set()
