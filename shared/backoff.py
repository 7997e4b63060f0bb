"""Exponential backoff, capped, with jitter so that many clients do not retry at the same moment."""

import random
from collections.abc import Iterator


def delays(first: float = 0.05, cap: float = 5.0) -> Iterator[float]:
    """Yield seconds to wait before each further attempt, without end: about `first`, doubling up to
    `cap`."""
    ceiling = first
    while True:
        yield random.uniform(ceiling / 2, ceiling)  # noqa: S311 (spreads load, guards nothing)
        ceiling = min(ceiling * 2, cap)
