"""The parser child: limits itself, then examines message after message from stdin. It dies with its parent."""

import ctypes
import gc
import json
import math
import os
import resource
import signal
import sys
from types import TracebackType
from typing import BinaryIO

from services.scanner.extract import frames
from services.scanner.extract.faults import describe
from services.scanner.extract.limits import Limits
from services.scanner.extract.pipeline import examine

_OPEN_FILES = 16
_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Serve until stdin ends. The exit code tells which limit was hit."""
    limits = Limits(**json.loads(argv[0]))
    sys.excepthook = _report_crash
    requests, answers = sys.stdin.buffer, _private_stdout()
    _die_with_parent()
    _limit_for_good(limits)
    gc.freeze()
    answers.write(frames.READY)
    answers.flush()
    try:
        return _serve(requests, answers, limits)
    except MemoryError:
        # Nothing more can be trusted to work, not even a clean exit; the parent starts a fresh child.
        os._exit(frames.EXIT_MEMORY)


def _serve(requests: BinaryIO, answers: BinaryIO, limits: Limits) -> int:
    while (raw := _next_request(requests)) is not None:
        _limit_cpu(limits.cpu_seconds)
        pieces = frames.pack_answer(*examine(raw, limits))
        if sum(map(len, pieces)) > limits.output_bytes:
            return frames.EXIT_OUTPUT
        answers.writelines(pieces)
        answers.flush()
    return 0


def _next_request(requests: BinaryIO) -> bytes | None:
    prefix = requests.read(frames.REQUEST.size)
    if len(prefix) < frames.REQUEST.size:
        return None
    (length,) = frames.REQUEST.unpack(prefix)
    raw = requests.read(length)
    return raw if len(raw) == length else None


def _private_stdout() -> BinaryIO:
    """A copy of stdout for answers; what a library prints goes to stderr and cannot be taken for one."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent ends; elsewhere than on Linux the end of stdin has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_for_good(limits: Limits) -> None:
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _limit_cpu(seconds: int) -> None:
    """Allow this much more processor time from now on; beyond it the kernel sends SIGXCPU, which ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _report_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    sys.stderr.write(f"parser crashed: {describe(error)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
