"""How fast a scan is and how long it will take, as far as one look at it tells; the browser goes on. Pure."""

import datetime as dt
from dataclasses import dataclass

from shared.events import Task, TaskStatus

_LEAST_SECONDS = 3.0
_LEAST_SHARE = 0.01
_MINUTE = 60
_HOUR = 3600


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
        total = task.messages_total or 0
        if task.messages_scanned < total * _LEAST_SHARE:
            return cls(speed, None, elapsed)
        return cls(speed, time_left(max(0, total - task.messages_scanned) / speed), elapsed)


def time_left(seconds: float) -> str:
    """No more exact than an estimate can be: steps of 5 s below a minute, then minutes, then hours."""
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    if seconds < _HOUR:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    return f"about {round(seconds / _HOUR)} h left"


def stopwatch(seconds: float) -> str:
    """ "0:47", "12:03", "2:05:00"."""
    whole = int(seconds)
    minutes, rest = divmod(whole, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
