"""Hypothesis strategies: events of one task in any order, repeated, contradicting each other, and cut in batches.

Values come from short lists, which collide more often and are drawn faster than arbitrary ones.
"""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from shared.events import (
    Event,
    ScanCancelled,
    ScanCancelRequested,
    ScanCompleted,
    ScanFailed,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanResult,
    ScanStarted,
    decode,
    new_event,
)

START = dt.datetime(2026, 3, 1, 9, 0, 0, tzinfo=dt.UTC)
TASK = "task-1"

texts = st.sampled_from(["$status", "$$ROOT", "$", "a.b", "nul \0 inside", "🧾", "", " ", "x" * 600, "B", "a"])
counts = st.sampled_from([0, 1, 7, 2**40])
moments = st.sampled_from([-86_400_000, -1, 0, 1, 1.7, 2000]).map(lambda n: START + dt.timedelta(milliseconds=n))
sequences = st.sampled_from([0, 1, 2, 3, 10**18, 10**20 - 1])
durations = st.sampled_from([None, 0.0, 0.1, 3600.5])
owners = {"task_id": st.just(TASK), "user_id": st.sampled_from(["user-1", "user-2"])}
ids = {**owners, "account_id": st.sampled_from(["account-1", "account-2"])}
results = st.builds(
    ScanResult,
    messages=counts,
    scanned=counts,
    skipped=st.just(0),
    failed=st.just(0),
    invoices=counts,
    duplicates=st.just(0),
    bytes_fetched=st.just(0),
    totals=st.sampled_from([{}, {"EUR": "1.00"}, {"$a": "1.00", "a.b": "2.00"}]),
    duration_seconds=st.just(1.5),
)

bodies = st.one_of(
    st.builds(
        ScanRequested,
        **ids,
        scan_type=st.sampled_from(["inbox", "all"]),
        months=st.none() | st.integers(1, 12),
        full=st.booleans(),
        requested_at=moments,
    ),
    st.builds(ScanCancelRequested, **owners, requested_at=moments, reason=texts),
    st.builds(ScanQueued, **ids, reason=texts),
    st.builds(ScanStarted, **ids, messages_total=counts, estimated_duration=durations),
    st.builds(
        ScanProgressed,
        **ids,
        progress=st.integers(0, 100),
        current_status=texts,
        messages_total=st.none() | counts,
        messages_scanned=counts,
        invoices_found=counts,
    ),
    st.builds(ScanCompleted, **ids, result=results),
    st.builds(ScanFailed, **ids, error_code=texts, error=texts),
    st.builds(ScanCancelled, **ids, reason=texts, result=st.none() | results),
)


def _on_the_wire(body: Any, sequence: int, time: dt.datetime) -> Event[Any]:
    return decode(new_event(body, service="scanner", sequence=sequence, time=time).to_bytes())


events = st.builds(_on_the_wire, bodies, sequences, moments)
"""Two events of a type and sequence share an id, also when they say different things."""


@st.composite
def arrivals(draw: st.DrawFn) -> list[Event[Any]]:
    """Up to eight different events and repetitions of some, in any order."""
    distinct = draw(st.lists(events, min_size=1, max_size=8))
    again = draw(st.lists(st.sampled_from(distinct), max_size=4))
    return draw(st.permutations([*distinct, *again]))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event[Any]]]:
    """Arrivals, cut anywhere."""
    arrived = draw(arrivals())
    cuts = sorted(draw(st.sets(st.integers(1, len(arrived)), max_size=4)) | {len(arrived)})
    return [arrived[start:end] for start, end in zip([0, *cuts], cuts, strict=False) if start < end]
