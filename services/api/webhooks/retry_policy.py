"""Retry policy: when a failed delivery is retried, and when a webhook is disabled. Pure."""

import datetime as dt
import random
from dataclasses import dataclass

_JITTER = 1.1


@dataclass(frozen=True)
class RetryPolicy:
    """Delays between the attempts of a delivery, and the limits of patience.

    A delivery has failed when the delays are used up or `give_up_after` is over. Its webhook is
    then disabled if no delivery has succeeded for `disable_after`.
    """

    delays: tuple[dt.timedelta, ...]
    give_up_after: dt.timedelta
    disable_after: dt.timedelta

    def next_attempt(
        self, *, tries: int, first_try: dt.datetime, now: dt.datetime, retry_after: dt.timedelta | None
    ) -> dt.datetime | None:
        """Return when to retry after `tries` attempts; None if the delivery has failed for good.

        `retry_after` is the pause that the receiver asked for. Up to a tenth is added at random, so
        that deliveries which failed together are not retried together.
        """
        if tries > len(self.delays) or now - first_try >= self.give_up_after:
            return None
        planned = now + self.delays[tries - 1] * random.uniform(1, _JITTER)  # noqa: S311 (spreads load, guards nothing)
        if retry_after is None or now + retry_after <= planned:
            return planned
        return max(planned, min(now + retry_after, first_try + self.give_up_after))

    def should_disable(self, *, failing_since: dt.datetime | None, now: dt.datetime) -> bool:
        """Return whether a webhook has failed for so long that it is disabled."""
        return failing_since is not None and now - failing_since >= self.disable_after


RETRY_POLICY = RetryPolicy(
    delays=tuple(dt.timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 28_800, 28_800)),
    give_up_after=dt.timedelta(hours=24),
    disable_after=dt.timedelta(hours=23),
)
"""The policy of all webhooks: eight attempts, the last 23.6 to 26 hours after the first."""
