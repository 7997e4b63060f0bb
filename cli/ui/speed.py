"""The speed of a running scan, as a moving mean of its progress."""

from collections import deque

from shared.formatting import seconds_left

_WINDOW_SECONDS = 10.0


class ScanSpeed:
    """Messages scanned per second, averaged over the last ten seconds. Times are monotonic
    seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._first: float | None = None

    def observe(self, now: float, scanned: int) -> None:
        """Add a reading. One that is older than the window stays, so that the mean spans the whole
        window."""
        if self._first is None:
            self._first = now
        self._seen.append((now, scanned))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW_SECONDS:
            self._seen.popleft()

    def per_second(self) -> float | None:
        """Return messages per second, or None until two readings differ."""
        if len(self._seen) < 2:
            return None
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end - start) if end > start and after > before else None

    def seconds_left(self, total: int) -> float | None:
        """Estimate the seconds until `total` messages are scanned; None when that would be a
        guess."""
        speed = self.per_second()
        if speed is None or self._first is None:
            return None
        now, scanned = self._seen[-1]
        return seconds_left(scanned, total, per_second=speed, elapsed=now - self._first)
