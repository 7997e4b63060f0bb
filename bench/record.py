"""Output of a benchmark's figures: the last lines on the terminal, and a line of
`.local/bench.jsonl`."""

import datetime as dt
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOG = ROOT / ".local" / "bench.jsonl"


def record(bench: str, figures: Mapping[str, float], ratios: Mapping[str, float]) -> None:
    """Print and append the figures of one run.

    `ratios` compare ours with the yardstick of the same run, by its name.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    measured = {"figures": dict(figures), "ratios": dict(ratios)}
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"bench": bench, "at": at, "commit": commit or None, **measured}) + "\n")
    for kind, values in measured.items():
        for name, value in values.items():
            print(f"{kind[:-1]} {bench} {name} {value:.4g}")
