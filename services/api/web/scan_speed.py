"""Speed and remaining time of a scan when the page is rendered; a script updates them. Pure."""

import datetime as dt
from dataclasses import dataclass

from shared.events import Task, TaskStatus

_MIN_SECONDS = 3.0
_MIN_SHARE = 0.01
_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True)
class ScanSpeed:
    """Mean speed since the start, and the time left at that speed;

    None while they would be guesses.
    """

    per_second: float | None
    time_left: str | None
    elapsed: float

    @property
    def elapsed_text(self) -> str:
        """Return the running time, such as "0:47"."""
        return stopwatch_text(self.elapsed)

    @classmethod
    def of(cls, task: Task, now: dt.datetime) -> "ScanSpeed":
        """Compute the speed of a scan."""
        if task.started_at is None:
            return cls(None, None, 0.0)
        elapsed = max(0.0, ((task.completed_at or now) - task.started_at).total_seconds())
        if task.status is not TaskStatus.PROGRESS or elapsed < _MIN_SECONDS or not task.messages_scanned:
            return cls(None, None, elapsed)
        speed = task.messages_scanned / elapsed
        total = task.messages_total or 0
        if task.messages_scanned < total * _MIN_SHARE:
            return cls(speed, None, elapsed)
        return cls(speed, time_left_text(max(0, total - task.messages_scanned) / speed), elapsed)


def time_left_text(seconds: float) -> str:
    """Format an estimate: in steps of 5 s below a minute, then in minutes, then in hours."""
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    if seconds < _HOUR:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    return f"about {round(seconds / _HOUR)} h left"


def stopwatch_text(seconds: float) -> str:
    """Format a running time: "0:47", "12:03", "2:05:00"."""
    total_seconds = int(seconds)
    minutes, rest = divmod(total_seconds, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
