"""The speed of a scan and what is left of it, from the progress that was seen."""

from collections import deque

_WINDOW_SECONDS = 10.0
_MIN_SECONDS = 3.0
_MIN_SHARE = 0.01


class Rate:
    """A moving mean over the last ten seconds of (time, messages scanned); times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._first: float | None = None

    def observe(self, now: float, scanned: int) -> None:
        """Take in a reading. One sample older than the window stays, so that the mean spans the whole window."""
        if self._first is None:
            self._first = now
        self._seen.append((now, scanned))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW_SECONDS:
            self._seen.popleft()

    def per_second(self) -> float | None:
        """Messages a second, or nothing as long as two readings do not tell."""
        if len(self._seen) < 2:
            return None
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end - start) if end > start and after > before else None

    def seconds_left(self, total: int) -> float | None:
        """Seconds until `total` at this speed; nothing before three seconds and one percent, where it would jump."""
        speed = self.per_second()
        if speed is None or self._first is None:
            return None
        now, scanned = self._seen[-1]
        if now - self._first < _MIN_SECONDS or scanned < total * _MIN_SHARE:
            return None
        return max(0, total - scanned) / speed
