"""When a delivery is tried again, and when a webhook is given up. Pure."""

import datetime as dt
import random
from dataclasses import dataclass

_JITTER = 1.1


@dataclass(frozen=True)
class Schedule:
    """Each failure is followed by the next of `delays`; when they are used up, or `longest` is over, the delivery has
    failed. A webhook of which nothing came through for `steady` when that happens is disabled."""

    delays: tuple[dt.timedelta, ...]
    longest: dt.timedelta
    steady: dt.timedelta

    def next_attempt(
        self, *, tries: int, first_try: dt.datetime, now: dt.datetime, asked_for: dt.timedelta | None
    ) -> dt.datetime | None:
        """When to try again after so many tries, not before the receiver `asked_for` it; None: no more.

        Up to a tenth is added at random, so that what failed together does not come back together.
        """
        if tries > len(self.delays) or now - first_try >= self.longest:
            return None
        planned = now + self.delays[tries - 1] * random.uniform(1, _JITTER)  # noqa: S311 (spreads load, guards nothing)
        if asked_for is None or now + asked_for <= planned:
            return planned
        return max(planned, min(now + asked_for, first_try + self.longest))

    def is_steady(self, *, failing_since: dt.datetime | None, now: dt.datetime) -> bool:
        """Whether failures go on for so long that they will not end by themselves."""
        return failing_since is not None and now - failing_since >= self.steady


SCHEDULE = Schedule(
    delays=tuple(dt.timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 28_800, 28_800)),
    longest=dt.timedelta(hours=24),
    steady=dt.timedelta(hours=23),
)
"""Eight attempts, the last one 23.6 to 26 hours after the first."""
