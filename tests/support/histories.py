"""Hypothesis strategies: events of tasks in any order, repeated, contradicting each other, and cut in batches.

Values come from short lists, which collide more often and are drawn faster than arbitrary ones.
"""

import datetime as dt
from collections.abc import Iterable
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
from tests.support.events import Scan, a_result

START = dt.datetime(2026, 3, 1, 9, 0, 0, tzinfo=dt.UTC)
TASK = "task-1"
TASKS = (TASK, "$task", "task.3")

texts = st.sampled_from(["$status", "$$ROOT", "$", "a.b", "nul \0 inside", "🧾", "", " ", "x" * 600, "B", "a"])
counts = st.sampled_from([0, 1, 7, 2**40])
moments = st.sampled_from([-86_400_000, -1, 0, 1, 1.7, 2000]).map(lambda n: START + dt.timedelta(milliseconds=n))
sequences = st.sampled_from([0, 1, 2, 3, 10**18, 10**20 - 1])
traces = st.sampled_from([None, f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'c' * 32}-{'d' * 16}-00"])
durations = st.sampled_from([None, 0.0, 0.1, 3600.5])
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


def _bodies(task_id: str) -> st.SearchStrategy[Any]:
    owners = {"task_id": st.just(task_id), "user_id": st.sampled_from(["user-1", "user-2"])}
    ids = {**owners, "account_id": st.sampled_from(["account-1", "account-2"])}
    return st.one_of(
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


def _on_the_wire(body: Any, sequence: int, time: dt.datetime, trace: str | None) -> Event[Any]:
    return decode(new_event(body, service="scanner", sequence=sequence, time=time, traceparent=trace).to_bytes())


def _events(*task_ids: str) -> st.SearchStrategy[Event[Any]]:
    return st.builds(_on_the_wire, st.one_of(*map(_bodies, task_ids)), sequences, moments, traces)


events = _events(TASK)
"""Of one task. Two events of a type and sequence share an id, also when they say different things."""

mixed_events = _events(*TASKS)
"""Of several tasks."""

UNSTORABLE = "a lone \ud800 surrogate"

unstorable_events = st.sampled_from(TASKS).map(
    lambda task_id: new_event(
        ScanCancelRequested.model_construct(task_id=task_id, user_id="user-1", requested_at=START, reason=UNSTORABLE),
        service="api",
        sequence=99,
        time=START,
    )
)
"""Of several tasks as well: what no database can hold, whatever else is known of the task."""


@st.composite
def arrivals(draw: st.DrawFn, kind: st.SearchStrategy[Event[Any]] = events, most: int = 8) -> list[Event[Any]]:
    """Up to `most` different events and repetitions of some, in any order."""
    distinct = draw(st.lists(kind, min_size=1, max_size=most))
    again = draw(st.lists(st.sampled_from(distinct), max_size=4))
    return draw(st.permutations([*distinct, *again]))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event[Any]]]:
    """Arrivals of one task, cut anywhere."""
    arrived = draw(arrivals())
    cuts = sorted(draw(st.sets(st.integers(1, len(arrived)), max_size=4)) | {len(arrived)})
    return [arrived[start:end] for start, end in zip([0, *cuts], cuts, strict=False) if start < end]


def by_task(arrived: Iterable[Event[Any]]) -> dict[str, list[Event[Any]]]:
    """The events of each task, in their order."""
    found: dict[str, list[Event[Any]]] = {}
    for event in arrived:
        found.setdefault(event.data.task_id, []).append(event)
    return found


MESSAGES = 40


@st.composite
def honest_arrivals(draw: st.DrawFn) -> list[Event[Any]]:
    """What a scan of forty messages says when it counts rightly, in any order, some of it twice or never."""
    scan = Scan()
    result = a_result(messages=MESSAGES, invoices=MESSAGES // 5)
    told = [
        scan.progressed(n, 4 * n, scanned=2 * n, total=draw(st.sampled_from([None, MESSAGES]))) for n in range(3, 9)
    ]
    begun = [scan.requested(), scan.queued(), scan.started(total=MESSAGES), scan.cancel_requested()]
    ends = [scan.completed(result=result), scan.failed(), scan.cancelled(), scan.cancelled(n=21, result=result)]
    said = draw(st.lists(st.sampled_from([*begun, *told, *ends]), min_size=2, max_size=14))
    return draw(st.permutations(said))
