"""Limits that a parser process sets for itself before it reads an untrusted document.

The child has no secret in its environment, may not write files, may open few, and is killed for too
much memory or processor time. Its parent limits the elapsed time and the bytes that it reads from
it.
"""

import ctypes
import math
import os
import resource
import signal
import sys
from typing import BinaryIO

PIPE_BYTES = 256 * 1024
"""Read and written at a time: many messages and their results with one system call."""

_OPEN_FILES = 16
_PR_SET_PDEATHSIG = 1
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")


def minimal_environment(root: str) -> dict[str, str]:
    """Return the environment to start a child with; its modules are found under `root`."""
    return {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ} | {"PYTHONPATH": root}


def reserve_stdout() -> BinaryIO:
    """Return a copy of stdout for results, and redirect stdout, which libraries print to, to
    stderr."""
    answers = os.fdopen(os.dup(1), "wb", buffering=PIPE_BYTES)
    os.dup2(2, 1)
    return answers


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent ends.

    Other systems than Linux rely on the end of stdin.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_resources(*, memory_bytes: int) -> None:
    """Limit memory and open files of this process for good, and forbid to write files and core
    dumps."""
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)


def limit_cpu(seconds: int) -> None:
    """Allow so many seconds of processor time from now on; then the kernel ends the process with
    SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    before, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    if soft != before:  # whole seconds: most messages change nothing, and the system call is expensive
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
