"""How fast a scan is and how long it will take, as far as one look at it tells; the browser goes on. Pure."""

import datetime as dt
from dataclasses import dataclass

from shared.events import Task, TaskStatus
from shared.formatting import seconds_left, time_left

_LEAST_SECONDS = 3.0


@dataclass(frozen=True)
class Pace:
    """Messages a second since the start, and the rest at that speed; None as long as they would only be guesses."""

    per_second: float | None
    left: str | None
    elapsed: float

    @property
    def clock(self) -> str:
        """How long it runs, as "0:47"."""
        return stopwatch(self.elapsed)

    @classmethod
    def of(cls, task: Task, now: dt.datetime) -> "Pace":
        """The pace of a scan that runs."""
        if task.started_at is None:
            return cls(None, None, 0.0)
        elapsed = max(0.0, ((task.completed_at or now) - task.started_at).total_seconds())
        if task.status is not TaskStatus.PROGRESS or elapsed < _LEAST_SECONDS or not task.messages_scanned:
            return cls(None, None, elapsed)
        speed = task.messages_scanned / elapsed
        seconds = seconds_left(task.messages_scanned, task.messages_total or 0, per_second=speed, elapsed=elapsed)
        return cls(speed, None if seconds is None else time_left(seconds), elapsed)


def stopwatch(seconds: float) -> str:
    """ "0:47", "12:03", "2:05:00"."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
