"""Benchmark of scans: against the obvious program, with more scanners, and the cost of very large
mailboxes.

`./run bench scan [FOLDER] [--naive PATH]`
"""

from bench.scan.run import main

__all__ = ["main"]
