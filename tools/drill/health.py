"""The time after a fault until every replica is ready again."""

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

_EVERY_SECONDS = 0.25
_ANSWER_SECONDS = 1.0


class Health:
    """Polls the readiness of every replica while it is open. Times are monotonic seconds."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.unready: list[str] = []
        self._urls = urls
        self._seen: list[tuple[float, bool]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begin to poll."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop polling."""
        self._stopped.set()
        self._thread.join()

    def ready_after(self, action: float) -> float | None:
        """Return the seconds from the moment until all were ready at the same time, or None if that
        never happened.

            A poll that began before the moment does not count: its result may have been outdated by
        then.
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
