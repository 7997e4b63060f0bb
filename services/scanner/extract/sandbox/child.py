"""The parser child: limits itself, then examines message after message from stdin. It dies with its parent."""

import gc
import json
import os
import sys
from types import TracebackType
from typing import BinaryIO

from services.scanner.extract.limits import Limits
from services.scanner.extract.pipeline import examine
from services.scanner.extract.safe_errors import describe
from services.scanner.extract.sandbox import frames
from shared.process_limits import PIPE_BYTES, die_with_parent, limit_cpu, limit_resources, reserve_stdout


def main(argv: list[str]) -> int:
    """Serve until stdin ends. The exit code tells which limit was hit."""
    limits = Limits(**json.loads(argv[0]))
    sys.excepthook = _report_crash
    requests, answers = os.fdopen(0, "rb", buffering=PIPE_BYTES, closefd=False), reserve_stdout()
    die_with_parent()
    limit_resources(memory_bytes=limits.memory_bytes)
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
        limit_cpu(limits.cpu_seconds)
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


def _report_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    sys.stderr.write(f"parser crashed: {describe(error)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
