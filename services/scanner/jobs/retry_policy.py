"""How long a unit waits after something went wrong."""

import random
from typing import NamedTuple

from shared.messaging.topology import RETRY_SECONDS


class Wait(NamedTuple):
    """The delay queue (one of `RETRY_SECONDS`), and the seconds that its message really waits there."""

    queue_s: int
    seconds: float


def wait_before(attempt: int, *, at_least_s: float = 0) -> Wait:
    """Before the attempt after `attempt` failed ones: ever longer, and spread so that many do not come back at once.
    `at_least_s` is what was asked for, as far as the longest queue goes.

    A message leaves its queue only at the head, so one that waits less than its queue's full time may wait a little
    longer behind another; never longer than the full time.
    """
    long_enough = next((at for at, seconds in enumerate(RETRY_SECONDS) if seconds >= at_least_s), len(RETRY_SECONDS))
    queue_s = RETRY_SECONDS[min(max(attempt - 1, long_enough, 0), len(RETRY_SECONDS) - 1)]
    shortest = max(queue_s / 2, min(at_least_s, queue_s))
    return Wait(queue_s, random.uniform(shortest, queue_s))  # noqa: S311 (spreads load, guards nothing)
