"""Benchmark of the API: against bare FastAPI routes that do the same work, and live with 10 and
with 2,000 clients.

`./run bench api [--seconds N] [--rounds N] [--clients N]`
"""

from bench.api.run import main

__all__ = ["main"]
