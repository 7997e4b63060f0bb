"""Service processes that end as in a power cut, just before a chosen effect: a write, a publish or an ack.

The product has no hook for this: the child itself listens to the database driver and wraps the two places where a
service talks to the broker. A fork server has everything imported, so that a process costs little more than its fork.
"""

import asyncio
import ctypes
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from faststream.rabbit import RabbitMessage
from pymongo import monitoring

from services.api.main import main as api_main
from services.scanner import main as scanner_service
from services.scanner.extract.limits import Limits
from services.scanner.extract.pipeline import examine
from services.scanner.extract.sandbox.pool import Answer, ParserKilled, ParserPool
from services.scanner.results.writer import ExaminedMessage, ResultWriter
from services.scanner.runs.model import Counters
from shared.messaging.publishing import Publisher
from tests.support.halting import halted_before
from tests.support.logs import reported
from tests.support.scanning import SWEEP_S, Stage
from tests.support.waiting import patience

_PR_SET_PDEATHSIG = 1
_WRITES = ("insert", "update", "delete", "findAndModify")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "pytest"])


class Countdown(monitoring.CommandListener):
    """Kills its process just before the effect that brings the count down to zero; at zero it does nothing."""

    def __init__(self, left: Any) -> None:
        self._left = left

    def effect(self) -> None:
        """An effect is about to happen."""
        with self._left.get_lock():
            if self._left.value == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left.value = max(self._left.value - 1, 0)

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in _WRITES:
            self.effect()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


class MortalProcess:
    """A service in a process of its own; `serve` gets its environment, the count of effects left, and its log."""

    def __init__(self, serve: Callable[..., None], settings: Mapping[str, str], log: Path, *further: Any) -> None:
        self._left = _CONTEXT.Value("i", 0)
        self._process = _CONTEXT.Process(target=serve, args=(dict(settings), self._left, str(log), *further))
        self._process.start()

    def die_before(self, number: int) -> None:
        """Die just before the `number`-th effect from now on."""
        self._left.value = number

    @property
    def effects_left(self) -> int:
        """How many effects before the chosen one; 0 if none is chosen."""
        return int(self._left.value)

    async def death(self) -> None:
        """Returns when the process has ended, however it did."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            async with patience():
                await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)

    async def stop(self) -> int:
        """Ask it to stop, as a deploy does; its exit code."""
        self.signal(signal.SIGTERM)
        await self.death()
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self._process.is_alive():
            with suppress(ProcessLookupError):  # it ended just now, and the fork server knew it first
                os.kill(self._process.pid or 0, number)

    def wait(self) -> int:
        """Blocks until it has ended; its exit code."""
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        return code


MortalScanner = MortalProcess


async def _started(serve: Callable[..., None], *arguments: Any) -> MortalProcess:
    """In a thread: the first one waits until the fork server has imported everything, and a test's connections to the
    broker live by heartbeats meanwhile."""
    return await asyncio.to_thread(MortalProcess, serve, *arguments)


@asynccontextmanager
async def mortal_api(settings: Mapping[str, str], log: Path) -> AsyncIterator[MortalProcess]:
    """An api that is gone when the context ends."""
    api = await _started(_serve_api, settings, log)
    with reported(log):
        try:
            yield api
        finally:
            api.signal(signal.SIGKILL)
            api.wait()


@asynccontextmanager
async def mortal_scanner(
    stage: Stage, log: Path, deadly: Collection[int] = (), /, halt_before: int | None = None, **changes: Any
) -> AsyncIterator[MortalScanner]:
    """A process that is gone when the context ends, or when it has read a message of one of the `deadly` uids. It
    reads no message of the uid `halt_before` or a later one."""
    settings = stage.environment(**changes)
    scanner = await _started(_serve_scanner, settings, log, frozenset(deadly), halt_before)
    with reported(log):
        try:
            yield scanner
        finally:
            scanner.signal(signal.SIGKILL)
            scanner.wait()


class _ParsersWithin(ParserPool):
    """Examines within the process: what is to die here are scanners, and a parser child costs more than they do."""

    def __init__(self, *, workers: int, limits: Limits) -> None:  # noqa: ARG002 (what a scanner asks for)
        super().__init__(workers=0, limits=limits)
        self._limits = limits

    async def examine(self, raws: Sequence[bytes]) -> list[Answer | ParserKilled]:
        return [examine(raw, self._limits) for raw in raws]


def _serve_api(settings: dict[str, str], left: Any, log: str) -> None:
    _become_mortal(settings, left, log)
    api_main()


def _serve_scanner(
    settings: dict[str, str], left: Any, log: str, deadly: frozenset[int], halt_before: int | None
) -> None:
    _become_mortal(settings, left, log)
    store = ResultWriter.store

    async def deadly_store(self: ResultWriter, source: str, batch: Sequence[ExaminedMessage]) -> Counters:
        if any(examined.place.uid in deadly for examined in batch):
            os.kill(os.getpid(), signal.SIGKILL)
        return await store(self, source, batch)

    ResultWriter.store = deadly_store  # type: ignore[method-assign]
    vars(scanner_service)["ParserPool"] = _ParsersWithin
    scanner_service._LONGEST_SWEEP_S = SWEEP_S  # noqa: SLF001 (the lease would make it seconds)
    with ExitStack() as halting:
        if halt_before is not None:
            halting.enter_context(halted_before(halt_before))
        scanner_service.main()


def _become_mortal(settings: dict[str, str], left: Any, log: str) -> None:
    # The fork server ends with the test's process, however that ends; so does this one then.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(settings)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(output, number)
    countdown = Countdown(left)
    monitoring.register(countdown)
    send, ack = Publisher.send, RabbitMessage.ack

    async def counted_send(self: Publisher, *arguments: Any, **options: Any) -> None:
        countdown.effect()
        await send(self, *arguments, **options)

    async def counted_ack(self: RabbitMessage, multiple: bool = False) -> None:
        countdown.effect()
        await ack(self, multiple)

    Publisher.send = counted_send  # type: ignore[method-assign]
    RabbitMessage.ack = counted_ack  # type: ignore[method-assign]
