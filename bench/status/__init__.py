"""Benchmark of the status service: against the design that it replaces, against the limit of its
servers, and its latency.

`./run bench status [--celery PATH]`
"""

from bench.status.run import main

__all__ = ["main"]
