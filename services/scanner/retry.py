"""How long a unit waits after something went wrong."""

import random
from typing import NamedTuple

from shared.topology import RETRY_SECONDS


class Wait(NamedTuple):
    """The delay queue (one of `RETRY_SECONDS`), and the seconds that its message really waits there."""

    queue_s: int
    seconds: float


def wait_before(attempt: int) -> Wait:
    """Before the attempt after `attempt` failed ones: ever longer, and spread so that many do not come back at once.

    A message leaves its queue only at the head, so one that waits less than its queue's full time may wait a little
    longer behind another; never longer than the full time.
    """
    queue_s = RETRY_SECONDS[min(max(attempt, 1), len(RETRY_SECONDS)) - 1]
    return Wait(queue_s, random.uniform(queue_s / 2, queue_s))  # noqa: S311 (spreads load, guards nothing)
