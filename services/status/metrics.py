"""Metrics of the status service."""

import datetime as dt
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.status.audit_log import NEW, status_before
from services.status.fold import IgnoredReason
from services.status.outcome import BatchOutcome, CommittedChange
from services.status.transitions import SUCCESSORS, is_terminal
from services.status.watchdog.redrive_policy import STALLED, RedriveReason
from shared.events import ScanProgressed, TaskStatus, utc_now
from shared.observability.metrics import DURATION_BUCKETS, LATENCY_BUCKETS

_LAG_BUCKETS = (*LATENCY_BUCKETS, 60.0, 120.0, 300.0, 900.0)
"""Beyond single operations: after an outage, events are late by its length."""
_BATCH_BUCKETS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)


class StatusMetrics:
    """The metrics of one process; durations in seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tasks = Gauge("mailtally_tasks", "Tasks by status", ["status"], registry=registry)
        self._dead_letters = Gauge(
            "mailtally_dead_letters", "Messages that could not be handled", ["queue"], registry=registry
        )
        self._transitions = Counter(
            "mailtally_task_transitions", "Committed status changes", ["from", "to"], registry=registry
        )
        for old, successors in [(NEW, tuple(SUCCESSORS)), *SUCCESSORS.items()]:
            for new in successors:
                # A series must begin at zero, so that increase() sees a first failure after a restart.
                self._transitions.labels(old, new)
        self._duration = Histogram(
            "mailtally_task_duration_seconds",
            "Start of a scan to its end",
            ["outcome"],
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._queue_wait = Histogram(
            "mailtally_task_queue_wait_seconds",
            "Request of a scan to its start",
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._cancel = Histogram(
            "mailtally_task_cancel_seconds",
            "Wish to cancel a scan to its end",
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._lag = Histogram(
            "mailtally_status_lag_seconds", "Event to commit", buckets=_LAG_BUCKETS, registry=registry
        )
        self._batch = Histogram(
            "mailtally_status_batch_events", "Events handled at once", buckets=_BATCH_BUCKETS, registry=registry
        )
        self._writes = Counter("mailtally_status_writes", "Committed changes of tasks", registry=registry)
        self._ignored = Counter(
            "mailtally_status_events_ignored", "Events that changed nothing", ["reason"], registry=registry
        )
        for ignored in IgnoredReason:
            self._ignored.labels(ignored.value)
        self._coalesced = Counter(
            "mailtally_status_events_coalesced", "Progress overtaken by newer in the same write", registry=registry
        )

        self._redriven = Counter(
            "mailtally_tasks_redriven", "Requests of PENDING tasks published again", ["reason"], registry=registry
        )
        for reason in RedriveReason:
            self._redriven.labels(reason.value)
        self._announced = Counter("mailtally_task_changes_announced", "Events task.changed", registry=registry)
        self._stalled = Counter(
            "mailtally_tasks_stalled", "Tasks that ended because no scanner answered", registry=registry
        )
        self._silence = Gauge(
            "mailtally_task_silence_seconds",
            "Time since the open task of this status that is silent for longest was heard of",
            ["status"],
            registry=registry,
        )
        self._disk_used = Gauge(
            "mailtally_database_disk_used_bytes", "Used bytes of the disk that holds the database", registry=registry
        )
        self._disk_total = Gauge(
            "mailtally_database_disk_total_bytes", "Size of the disk that holds the database", registry=registry
        )

    def change_published(self) -> None:
        """Count a published `task.changed`."""
        self._announced.inc()

    def redriven(self, reason: RedriveReason) -> None:
        """Count a request that the watchdog has redriven."""
        self._redriven.labels(reason.value).inc()

    def set_task_counts(self, tasks: Mapping[str, int]) -> None:
        """Set the number of tasks of each status."""
        for status, number in tasks.items():
            self._tasks.labels(status).set(number)

    def set_dead_letters(self, queue: str, number: int) -> None:
        """Set the number of dead letters of a work queue."""
        self._dead_letters.labels(queue).set(number)

    def clear_dead_letters(self) -> None:
        """Show no number instead of an old one."""
        self._dead_letters.clear()

    def set_oldest_updates(self, updates: Mapping[str, dt.datetime | None]) -> None:
        """Set the longest silence from the oldest update of each open status; None: it has no task."""
        now = utc_now()
        for status, at in updates.items():
            self._silence.labels(status).set(0.0 if at is None else max(0.0, (now - at).total_seconds()))

    def set_disk_usage(self, *, used: float, total: float) -> None:
        """Set the used bytes and the size of the disk of the database."""
        self._disk_used.set(used)
        self._disk_total.set(total)

    def observe_batch(self, outcome: BatchOutcome, events: int) -> None:
        """Observe the outcome of a batch of `events` events."""
        self._batch.observe(events)
        self._writes.inc(len(outcome.committed))
        now = utc_now()
        for ignored in outcome.without_effect:
            self._ignored.labels(ignored.value).inc()
        for change in outcome.committed:
            effective = []
            for event, reason in zip(change.events, change.ignored, strict=True):
                if reason is None:
                    effective.append(event)
                    self._lag.observe(max(0.0, (now - event.time).total_seconds()))
                else:
                    self._ignored.labels(reason.value).inc()
            progressed = sum(isinstance(event.data, ScanProgressed) for event in effective)
            self._coalesced.inc(max(0, progressed - 1))
            self._observe_lifecycle(change)

    def _observe_lifecycle(self, change: CommittedChange) -> None:
        before, after = change.before or {}, change.after
        status = after["status"]
        if status != before.get("status"):
            self._transitions.labels(status_before(change), status).inc()
        if "started_at" in after and "started_at" not in before:
            self._queue_wait.observe(max(0.0, (after["started_at"] - after["created_at"]).total_seconds()))
        if is_terminal(status) and not is_terminal(before.get("status", "PENDING")):
            if after.get("error_code") == STALLED:
                self._stalled.inc()
            if "actual_duration" in after:
                self._duration.labels(status).observe(after["actual_duration"])
            if status == TaskStatus.CANCELLED and "cancel_requested_at" in after:
                waited = after["completed_at"] - after["cancel_requested_at"]
                self._cancel.observe(max(0.0, waited.total_seconds()))
