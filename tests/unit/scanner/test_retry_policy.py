"""How long a unit waits."""

import pytest

from services.scanner.jobs.retry_policy import wait_before
from shared.messaging.topology import RETRY_SECONDS


@pytest.mark.parametrize("attempt", range(7))
def test_waits_grow_and_fit_their_queue(attempt: int) -> None:
    wait = wait_before(attempt)
    assert wait.queue_s == RETRY_SECONDS[min(max(attempt, 1), len(RETRY_SECONDS)) - 1]
    assert wait.queue_s / 2 <= wait.seconds <= wait.queue_s


@pytest.mark.parametrize(("asked", "queue_s"), [(1, 2), (2, 2), (5, 10), (60, 60), (92.4, 300), (9_999, 300)])
def test_who_asks_for_patience_gets_it_as_far_as_the_longest_queue_goes(asked: float, queue_s: int) -> None:
    wait = wait_before(1, at_least_s=asked)
    assert wait.queue_s == queue_s
    assert min(asked, queue_s) <= wait.seconds <= queue_s
