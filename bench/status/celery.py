"""The design that this one replaces, as a program of its own in a throw-away environment."""

import os
import re
import subprocess
from pathlib import Path

from bench.servers import Bench
from bench.status.load import PROGRESS_STEPS
from bench.yardstick import python_with

_PACKAGES = ("celery", "pymongo", "motor")


def celery_events_per_second(bench: Bench, program: Path, scans: int) -> float:
    """Run `program --scans N --progress 8` on the benchmark's servers.

    Returns the status events per second that it prints.
    """
    environment = os.environ | {"BENCH_AMQP": bench.servers.amqp_url, "BENCH_MONGO": bench.servers.mongo_url}
    arguments = ["--scans", str(scans), "--progress", str(PROGRESS_STEPS)]
    output = subprocess.run(
        [python_with("celery", _PACKAGES), program.resolve(), *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    match = re.search(r"([\d.]+) status events/s", output)
    if match is None:
        raise ValueError(f"{program.name} did not print its status events per second.")
    return float(match[1])
