"""Events that the benchmark sends: whole scans, and progress at a steady rate."""

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel

from shared.events import (
    CONTENT_TYPE,
    Event,
    EventData,
    ScanCompleted,
    ScanProgressed,
    ScanRequested,
    ScanResult,
    ScanStarted,
    new_event,
    utc_now,
)
from shared.messaging.topology import STATUS_SCAN_EVENTS

PROGRESS_STEPS = 8
EVENTS_PER_SCAN = PROGRESS_STEPS + 3
_IN_FLIGHT = 1000
_ACTIVE = 200
"""Scans that report at the same time: their events follow each other step by step, as those of
running scans do."""


def whole_scans(name: str, scans: int, active: int = _ACTIVE) -> list[bytes]:
    """Return every event of `scans` scans in wire form: requested, started, 8 times progressed,
    completed."""
    bodies = []
    for first in range(0, scans, active):
        tasks = [f"{name}-{number}" for number in range(first, min(first + active, scans))]
        bodies += [
            event.to_bytes() for events in zip(*(list(_scan(task)) for task in tasks), strict=True) for event in events
        ]
    return bodies


def progress(task_id: str, sequence: int) -> Event[Any]:
    """Return one progress event of a scan that does not end."""
    data = ScanProgressed(
        **_ids(task_id),
        progress=min(90, sequence),
        current_status=f"Scanned {sequence} messages",
        messages_total=10_000,
        messages_scanned=sequence,
        invoices_found=sequence // 10,
    )
    return _event(data, sequence)


async def preload(channel: AbstractChannel, bodies: Sequence[bytes]) -> None:
    """Put messages straight into the queue and return when the broker has stored them all."""
    properties = aiormq.spec.Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=2)
    for first in range(0, len(bodies), _IN_FLIGHT):
        await asyncio.gather(
            *(
                channel.basic_publish(body, routing_key=STATUS_SCAN_EVENTS, properties=properties)
                for body in bodies[first : first + _IN_FLIGHT]
            )
        )


def _scan(task_id: str) -> Iterator[Event[Any]]:
    requested = ScanRequested(**_ids(task_id), scan_type="inbox", months=3, requested_at=utc_now())
    yield _event(requested, 0)
    yield _event(ScanStarted(**_ids(task_id), messages_total=10_000, estimated_duration=60.0), 1)
    for step in range(1, PROGRESS_STEPS + 1):
        yield progress(task_id, step + 1)
    result = ScanResult(
        messages=10_000,
        scanned=10_000,
        skipped=0,
        failed=0,
        invoices=3,
        duplicates=0,
        bytes_fetched=1_000_000,
        totals={"EUR": "123.45"},
        duration_seconds=4.5,
    )
    yield _event(ScanCompleted(**_ids(task_id), result=result), PROGRESS_STEPS + 2)


def _ids(task_id: str) -> dict[str, str]:
    return {"task_id": task_id, "user_id": "user", "account_id": f"account-{task_id}"}


def _event(data: EventData, sequence: int) -> Event[Any]:
    return new_event(data, service="scanner", sequence=sequence, time=dt.datetime.now(dt.UTC))
