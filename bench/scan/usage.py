"""Resource usage of the product's processes from proc(5), and the cores that they run on."""

import os
from collections.abc import Sequence
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _OWN, _ENDED_CHILDREN = 1, slice(11, 13), slice(13, 15)


def with_children(pids: Sequence[int]) -> list[int]:
    """Return these processes and their children."""
    parents = {int(folder.name): _fields(int(folder.name)) for folder in _PROC.iterdir() if folder.name.isdecimal()}
    return [*pids, *(pid for pid, fields in parents.items() if fields and int(fields[_PARENT]) in pids)]


def keep_to_one_core_each(pids: Sequence[int]) -> None:
    """Let each of these processes, with its threads and children, run on one core only, as a small
    container does."""
    cores = sorted(os.sched_getaffinity(0))
    for number, pid in enumerate(pids):
        for process in with_children([pid]):
            for thread in (_PROC / str(process) / "task").iterdir():
                os.sched_setaffinity(int(thread.name), {cores[number % len(cores)]})


def processor_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that these processes have used so far."""
    return sum(_seconds(pid, _OWN) for pid in pids)


def childrens_processor_seconds(pids: Sequence[int]) -> float:
    """Return the processor time of all their children, those that have ended included."""
    running = with_children(pids)[len(pids) :]
    return processor_seconds(running) + sum(_seconds(pid, _ENDED_CHILDREN) for pid in pids)


def resident_megabytes(pids: Sequence[int]) -> float:
    """Return the resident memory; what forked processes share counts for each of them."""
    return sum(_status_kib(pid, "VmRSS") for pid in pids) / 1024


def _seconds(pid: int, kind: slice) -> float:
    return sum(map(int, _fields(pid)[kind])) / _TICKS


def _fields(pid: int) -> list[str]:
    """Return the fields behind the name, which may hold blanks; none once the process has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _status_kib(pid: int, name: str) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
