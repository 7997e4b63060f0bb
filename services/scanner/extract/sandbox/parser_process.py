"""The parser process: it limits itself, then examines messages from stdin. It ends with its
parent."""

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
    """Serve until stdin ends. The exit code tells which limit was exceeded."""
    limits = Limits(**json.loads(argv[0]))
    sys.excepthook = _report_crash
    requests, responses = os.fdopen(0, "rb", buffering=PIPE_BYTES, closefd=False), reserve_stdout()
    die_with_parent()
    limit_resources(memory_bytes=limits.memory_bytes)
    gc.freeze()
    responses.write(frames.READY)
    responses.flush()
    try:
        return _serve(requests, responses, limits)
    except MemoryError:
        # Nothing is certain to work now, not even a clean exit; the parent starts a fresh process.
        os._exit(frames.EXIT_MEMORY)


def _serve(requests: BinaryIO, responses: BinaryIO, limits: Limits) -> int:
    while (raw := _next_request(requests)) is not None:
        limit_cpu(limits.cpu_seconds)
        pieces = frames.pack_response(*examine(raw, limits))
        if sum(map(len, pieces)) > limits.output_bytes:
            return frames.EXIT_OUTPUT
        responses.writelines(pieces)
        responses.flush()
    return 0


def _next_request(requests: BinaryIO) -> bytes | None:
    prefix = requests.read(frames.REQUEST.size)
    if len(prefix) < frames.REQUEST.size:
        return None
    (length,) = frames.REQUEST.unpack(prefix)
    raw = requests.read(length)
    return raw if len(raw) == length else None


def _report_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    sys.stderr.write(f"The parser process crashed: {describe(error)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
