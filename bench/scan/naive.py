"""The obvious program: it parses every message whole, reads every PDF with pdfplumber, writes
message by message."""

import os
import re
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.servers import Bench
from bench.yardstick import python_with

_PACKAGES = ("pdfplumber", "pymongo")


class Naive(NamedTuple):
    """Its result: messages per second, and processor milliseconds for each, without mongod's."""

    messages_per_second: float
    processor_ms: float


def naive(bench: Bench, program: Path, parts: Sequence[Path]) -> Naive:
    """Run `program MBOX...` on the benchmark's mongod, and read its output."""
    command = [python_with("naive", _PACKAGES), program.resolve(), *(part.resolve() for part in parts)]
    environment = os.environ | {"BENCH_MONGO": bench.servers.mongo_url}
    before = _childrens_seconds()
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    used = _childrens_seconds() - before
    match = re.search(r"(\d+) messages in .* ([\d.]+) messages/s", output)
    if match is None:
        raise ValueError(f"{program.name} did not print its messages per second.")
    return Naive(float(match[2]), used * 1000 / int(match[1]))


def _childrens_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
