"""Yardstick of speed: pdfplumber's bare text extraction of the same files, in the same run, on one
core."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.yardstick import python_with

PACKAGES = ("pdfplumber==0.11.7",)
_PROGRAM = """
import sys, time
import pdfplumber

started = time.process_time()
done = 0
for path in sys.argv[1:]:
    try:
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_text()
    except Exception:  # broken files are in every corpus; the time that they cost counts
        pass
    done += 1
print(done / (time.process_time() - started))
"""


def pdfplumber_per_second(files: Sequence[Path]) -> float:
    """Return documents per second of processor time."""
    python = python_with("extraction", PACKAGES)
    ran = subprocess.run([python, "-c", _PROGRAM, *files], check=True, capture_output=True, text=True)
    return float(ran.stdout)
