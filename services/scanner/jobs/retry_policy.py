"""Retry policy: how long a unit waits after a failure."""

import random
from typing import NamedTuple

from shared.messaging.topology import RETRY_SECONDS


class Wait(NamedTuple):
    """A delay queue (one of `RETRY_SECONDS`), and the seconds that the message really waits in it."""

    queue_s: int
    seconds: float


def wait_before(attempt: int, *, at_least_s: float = 0) -> Wait:
    """Return the wait before the attempt that follows `attempt` failed ones.

    It grows with the attempts, with jitter so that units do not come back all at once. `at_least_s`
    is the wait that a server asked for; it is kept up to the longest queue.

    A message leaves its queue only at the head. So one that waits less than its queue's full time
    may wait a little longer behind another one, but never longer than the full time.
    """
    long_enough = next((at for at, seconds in enumerate(RETRY_SECONDS) if seconds >= at_least_s), len(RETRY_SECONDS))
    queue_s = RETRY_SECONDS[min(max(attempt - 1, long_enough, 0), len(RETRY_SECONDS) - 1)]
    shortest = max(queue_s / 2, min(at_least_s, queue_s))
    return Wait(queue_s, random.uniform(shortest, queue_s))  # noqa: S311 (spreads load, guards nothing)
