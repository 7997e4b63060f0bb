"""Builders of a scan's events, as the api and the scanner would publish them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from shared.events import (
    Event,
    EventData,
    ScanCancelled,
    ScanCancelRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanResult,
    ScanStarted,
    new_event,
)

START = dt.datetime(2026, 3, 1, 9, 0, 0, tzinfo=dt.UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def a_result(messages: int = 20, invoices: int = 3) -> ScanResult:
    return ScanResult(
        messages=messages,
        scanned=messages,
        skipped=0,
        failed=0,
        invoices=invoices,
        duplicates=0,
        bytes_fetched=1000 * messages,
        totals={"EUR": "123.45"},
        duration_seconds=4.5,
    )


@dataclass(frozen=True)
class Scan:
    """One scan; event number n happens n seconds after the start, unless told otherwise."""

    task_id: str = "task-1"
    user_id: str = "user-1"
    account_id: str = "account-1"
    start: dt.datetime = START
    traceparent: str | None = TRACE

    def requested(self) -> Event[Any]:
        data = ScanRequested(**self._of(), scan_type="inbox", months=3, requested_at=self.start)
        return self._event(data, "api", 0)

    def cancel_requested(self, n: int = 1, *, second: float = 1) -> Event[Any]:
        at = self.start + dt.timedelta(seconds=second)
        data = ScanCancelRequested(task_id=self.task_id, user_id=self.user_id, requested_at=at, reason="by the user")
        return self._event(data, "api", n, second)

    def queued(self, n: int = 1, reason: str = "") -> Event[Any]:
        return self._event(ScanQueued(**self._of(), reason=reason), "scanner", n)

    def started(self, n: int = 2, total: int = 20) -> Event[Any]:
        return self._event(ScanStarted(**self._of(), messages_total=total, estimated_duration=4.0), "scanner", n)

    def progressed(
        self, n: int, progress: int, *, scanned: int = 0, total: int | None = 20, text: str = "Scanning messages"
    ) -> Event[Any]:
        data = ScanProgressed(
            **self._of(),
            progress=progress,
            current_status=text,
            messages_total=total,
            messages_scanned=scanned,
            invoices_found=scanned // 5,
        )
        return self._event(data, "scanner", n)

    def completed(self, n: int = 20, result: ScanResult | None = None) -> Event[Any]:
        return self._event(ScanCompleted(**self._of(), result=result or a_result()), "scanner", n)

    def failed(self, n: int = 20, error: str = "The mailbox refused the password.") -> Event[Any]:
        return self._event(ScanFailed(**self._of(), error_code="login_refused", error=error), "scanner", n)

    def cancelled(self, n: int = 20, result: ScanResult | None = None) -> Event[Any]:
        return self._event(ScanCancelled(**self._of(), reason="asked by the user", result=result), "scanner", n)

    def whole(self) -> list[Event[Any]]:
        """Ten events from the request to the result."""
        progressed = [self.progressed(n, (n - 2) * 12, scanned=2 * (n - 2)) for n in range(3, 10)]
        return [self.requested(), self.started(), *progressed, self.completed()]

    def _of(self) -> dict[str, str]:
        return {"task_id": self.task_id, "user_id": self.user_id, "account_id": self.account_id}

    def _event(self, data: EventData, service: str, n: int, second: float | None = None) -> Event[Any]:
        at = self.start + dt.timedelta(seconds=n if second is None else second)
        return new_event(data, service=service, sequence=n, time=at, traceparent=self.traceparent)
