"""The processes of a stack, found by the marker in their environment; no other process is ever
touched."""

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.layout import MARKER

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """A running process: its id, its name, and its start in clock ticks since boot, which
    distinguishes reused ids."""

    pid: int
    name: str = field(compare=False)
    started: int

    def is_running(self) -> bool:
        """Return whether it still runs; a zombie does not."""
        return find_process(self.pid) == self

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` until it has ended; returns whether it has."""
        return not _wait([self], seconds)

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.is_running():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def find_marked(marker: str) -> list[Process]:
    """Return all running processes whose initial environment names this stack, except the
    caller."""
    entry = f"{MARKER}={marker}".encode()
    found = []
    for folder in _PROC.iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if entry in environment.split(b"\0") and (process := find_process(int(folder.name))) is not None:
            found.append(process)
    return found


def terminate(processes: Iterable[Process], *, grace: float) -> None:
    """Send SIGTERM, kill what still runs after `grace` seconds, and return when nothing runs."""
    remaining = list(processes)
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        for process in remaining:
            process.signal(number)
        remaining = _wait(remaining, seconds)
        if not remaining:
            return


def _wait(processes: list[Process], seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    running = [process for process in processes if process.is_running()]
    while running and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        running = [process for process in running if process.is_running()]
    return running


def find_process(pid: int) -> Process | None:
    """Return the running process with this id, or None. The name, field 2 in proc(5), may contain
    blanks and parentheses."""
    folder = _PROC / str(pid)
    try:
        stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        name, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        if fields[0] == "X" or (fields[0] == "Z" and not _has_other_threads(folder)):
            return None
    except OSError:
        return None
    return Process(pid, name, int(fields[19]))


def _has_other_threads(folder: Path) -> bool:
    """Return whether threads outlive the first: a killed server may write files until its last
    thread has ended."""
    return sum(1 for _ in (folder / "task").iterdir()) > 1
