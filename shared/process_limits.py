"""What a child process does to itself before it touches a document that a stranger has sent.

The child has no secret in its environment, may write nothing and open little, and dies of too much memory or processor
time; its parent bounds the time on the clock and the bytes that it takes from it.
"""

import ctypes
import math
import os
import resource
import signal
import sys
from typing import BinaryIO

PIPE_BYTES = 256 * 1024
"""Read and written at a time: many messages and their answers, each with one call of the kernel."""

_OPEN_FILES = 16
_PR_SET_PDEATHSIG = 1
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")


def bare_environment(root: str) -> dict[str, str]:
    """The environment to start a child with; its modules are found under `root`."""
    return {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ} | {"PYTHONPATH": root}


def private_stdout() -> BinaryIO:
    """A copy of stdout for answers; what a library prints goes to stderr and cannot be taken for one."""
    answers = os.fdopen(os.dup(1), "wb", buffering=PIPE_BYTES)
    os.dup2(2, 1)
    return answers


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent ends; elsewhere than on Linux the end of stdin has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_for_good(*, memory_bytes: int) -> None:
    """From now on no more memory than this, no file written, few opened, no core dumped."""
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)


def limit_cpu(seconds: int) -> None:
    """Allow this much more processor time from now on; beyond it the kernel sends SIGXCPU, which ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    before, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    if soft != before:  # whole seconds: most messages change nothing, and setting it is dear
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
