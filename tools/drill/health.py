"""How long after a fault everything says again that it is ready."""

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

_EVERY_SECONDS = 0.25
_ANSWER_SECONDS = 1.0


class Health:
    """Asks every replica whether it is ready while it is open. Times are monotonic seconds."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.unready: list[str] = []
        self._urls = urls
        self._seen: list[tuple[float, bool]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begins to ask."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Asks no more."""
        self._stopped.set()
        self._thread.join()

    def ready_after(self, action: float) -> float | None:
        """Seconds from the moment until all were ready at the same time, or nothing if that was never seen.

        A look that began before the moment does not count: what it saw may have been gone by then.
        """
        return next((at - action for at, ready in self._seen if ready and at >= action), None)

    def _look(self) -> None:
        with httpx.Client(timeout=_ANSWER_SECONDS, trust_env=False) as client:
            while not self._stopped.is_set():
                began = time.monotonic()
                self.unready = [name for name, url in self._urls.items() if not _is_ready(client, url)]
                self._seen.append((began, not self.unready))
                self._stopped.wait(_EVERY_SECONDS)


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
