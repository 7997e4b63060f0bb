"""What a run of these tests took, told at its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Figures:
    """Seconds of what was measured, and the size of the image."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._seconds: dict[str, float] = {}
        self.image_bytes = 0

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Measure what happens inside, if it ends well."""
        start = time.monotonic()
        yield
        self._seconds[what] = time.monotonic() - start

    def lines(self) -> Iterator[str]:
        """What to print; nothing when nothing was measured."""
        if not self._seconds:
            return
        everything = {**self._seconds, "all of it": time.monotonic() - self._began}
        yield from (f"{seconds:7.1f} s   {what}" for what, seconds in everything.items())
        yield f"{self.image_bytes / 1e6:7.0f} MB  image"
