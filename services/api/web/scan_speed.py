"""Speed and remaining time of a scan when the page is rendered; a script updates them. Pure."""

import datetime as dt
from dataclasses import dataclass

from shared.events import Task, TaskStatus
from shared.formatting import seconds_left, time_left

_MIN_SECONDS = 3.0


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
        seconds = seconds_left(task.messages_scanned, task.messages_total or 0, per_second=speed, elapsed=elapsed)
        return cls(speed, None if seconds is None else time_left(seconds), elapsed)


def stopwatch_text(seconds: float) -> str:
    """Format a running time: "0:47", "12:03", "2:05:00"."""
    total_seconds = int(seconds)
    minutes, rest = divmod(total_seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
