"""A child process that is restarted when it dies."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stack.files import rotate
from tools.stack.layout import PROJECT

_BACKOFF_SECONDS = (0.2, 5.0)
_STABLE_SECONDS = 10.0


OnRestart = Callable[[], None]


@dataclass(frozen=True)
class Command:
    """A command with its environment, its log file and its working folder."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path = PROJECT


class SupervisedProcess:
    """Keeps one command running, in its own session so that Ctrl-C at the terminal does not reach
    it."""

    def __init__(self, command: Command, on_restart: OnRestart = lambda: None) -> None:
        self.command = command
        self.deaths = 0
        self.last_code: int | None = None
        self._on_restart = on_restart
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Return the process id, or None while nothing runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the command. When it dies it is restarted, at once and then with growing pauses
        (0.2 to 5 s)."""
        rotate(self.command.log)
        self._process = await self._spawn()
        self._keeper = asyncio.create_task(self._keep(self._process), name=f"keep {self.command.name}")

    async def stop(self, grace: float) -> None:
        """Send SIGTERM, then SIGKILL after `grace` seconds; returns when no process of its session
        is left."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), grace)
            except TimeoutError:
                _kill_session(process.pid)
                await process.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if process is not None:
            _kill_session(process.pid)

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self.command.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.command.arguments,
                cwd=self.command.folder,
                env=dict(self.command.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        pause, longest = _BACKOFF_SECONDS
        while True:
            started = time.monotonic()
            self.last_code = await process.wait()
            if self._stopping:
                return
            self.deaths += 1
            _kill_session(process.pid)
            if time.monotonic() - started > _STABLE_SECONDS:
                pause = _BACKOFF_SECONDS[0]
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)
            self._process = process = await self._spawn()
            self._on_restart()


def _kill_session(leader: int) -> None:
    """Kill what a dead process left in its process group, whose id is not reused while a member
    lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
