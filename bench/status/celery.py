"""The design that this one replaces, as a program of its own in a throw-away environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

from bench.status.load import PROGRESS_STEPS
from bench.status.servers import Bench
from cli.stack.layout import DEFAULT

_ENVIRONMENT = DEFAULT.local / "bench-venv"
_PACKAGES = ("celery", "pymongo", "motor")


def celery_events_per_second(bench: Bench, program: Path, scans: int) -> float:
    """Run `program --scans N --progress 8` on the benchmark's servers; the status events per second that it prints."""
    environment = os.environ | {"BENCH_AMQP": bench.servers.amqp_url, "BENCH_MONGO": bench.servers.mongo_url}
    arguments = ["--scans", str(scans), "--progress", str(PROGRESS_STEPS)]
    said = subprocess.run(
        [_python(), program.resolve(), *arguments], env=environment, check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"([\d.]+) status events/s", said)
    if found is None:
        raise ValueError(f"{program.name} did not print its status events per second.")
    return float(found[1])


def _python() -> Path:
    """The Python of an environment that has what the program needs, made at the first use."""
    python = _ENVIRONMENT / "bin" / "python"
    if not (_ENVIRONMENT / "bin" / "celery").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", _ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *_PACKAGES], check=True)
    return python
