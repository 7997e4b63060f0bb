"""The fold is a function of the set of events: whatever the order, the repetition and the batches."""

from itertools import pairwise
from random import Random
from typing import Any

import bson
import pytest
from hypothesis import given, settings

from services.status.fold import IgnoredReason, fold_events
from services.status.merge_rules import TaskDocument
from services.status.transitions import SUCCESSORS, is_terminal
from shared.events import Event, ScanProgressed, Task, TaskStatus
from tests.support.events import Scan
from tests.support.expected_tasks import ENDS, canonical, expected_task, first_end
from tests.support.histories import MESSAGES, arrivals, batches, honest_arrivals

OF_AN_END = ("status", "current_status", "completed_at", "error", "error_code", "result", "_ended_by")


@settings(max_examples=1000)
@given(batches())
def test_any_order_repetition_and_split_gives_the_stated_document(parts: list[list[Event[Any]]]) -> None:
    task: TaskDocument | None = None
    changes = 0
    for part in parts:
        folded = fold_events(task, part)
        changes += folded.document is not task
        task = folded.document
    arrived = [event for part in parts for event in part]
    assert task is not None
    assert canonical(task) == canonical(expected_task(arrived, first_end(arrived)))
    assert task["version"] == changes


@given(batches())
def test_what_was_folded_once_never_changes_anything_again(parts: list[list[Event[Any]]]) -> None:
    task: TaskDocument | None = None
    for part in parts:
        task = fold_events(task, part).document
    for part in parts:
        assert fold_events(task, part).document is task


@given(arrivals())
def test_an_event_has_a_reason_exactly_when_it_changes_nothing_and_the_reason_is_true(
    arrived: list[Event[Any]],
) -> None:
    task: TaskDocument | None = None
    seen: set[str] = set()
    for event in arrived:
        before, folded = task, fold_events(task, [event])
        (why,) = folded.ignored
        assert (folded.document is before) == (why is not None)
        if why is not None:
            assert before is not None
            assert why in reasons(before, event, is_new=event.id not in seen)
        seen.add(event.id)
        task = folded.document


def reasons(task: TaskDocument, event: Event[Any], *, is_new: bool) -> set[IgnoredReason]:
    """Why an event may change nothing in `task`. Of progress and of ends that lost, the ids are not kept."""
    if isinstance(event.data, ENDS):
        return {IgnoredReason.DUPLICATE} if event.id == task["_ended_by"] else {IgnoredReason.TERMINAL}
    overtaken = IgnoredReason.TERMINAL if is_terminal(task["status"]) else IgnoredReason.STALE
    if not isinstance(event.data, ScanProgressed):
        return set() if is_new else {IgnoredReason.DUPLICATE}
    return {overtaken} if is_new else {overtaken, IgnoredReason.DUPLICATE}


@given(arrivals())
def test_a_batch_tells_the_same_reasons_as_its_events_one_by_one(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    reasons: list[IgnoredReason | None] = []
    for event in arrived:
        folded = fold_events(task, [event])
        task = folded.document
        reasons += folded.ignored
    assert fold_events(None, arrived).ignored == tuple(reasons)


@given(arrivals())
def test_the_status_moves_along_the_table_only_and_progress_never_falls_on_the_way(arrived: list[Event[Any]]) -> None:
    for before, task in pairwise(documents(arrived)):
        old, new = TaskStatus(before["status"]), TaskStatus(task["status"])
        assert new is old or new in SUCCESSORS[old]
        if new in (TaskStatus.PENDING, TaskStatus.PROGRESS, TaskStatus.CANCELLED):
            assert task["progress"] >= before["progress"]
        else:
            assert task["progress"] == (100 if new is TaskStatus.DONE else 0)


@given(arrivals())
def test_nothing_of_an_end_changes_whatever_comes_after_it(arrived: list[Event[Any]]) -> None:
    for before, task in pairwise(documents(arrived)):
        if is_terminal(before["status"]):
            assert {name: task.get(name) for name in OF_AN_END} == {name: before.get(name) for name in OF_AN_END}


@given(honest_arrivals())
def test_of_an_honest_scan_no_number_ever_falls_or_exceeds_its_total(arrived: list[Event[Any]]) -> None:
    for before, task in pairwise(documents(arrived)):
        assert 0 <= task["progress"] <= 100
        for number in ("messages_scanned", "invoices_found"):
            assert before[number] <= task[number] <= task.get("messages_total", MESSAGES)


def documents(arrived: list[Event[Any]]) -> list[TaskDocument]:
    """The task after each event."""
    tasks: list[TaskDocument] = []
    for event in arrived:
        tasks.append(fold_events(tasks[-1] if tasks else None, [event]).document)
    return tasks


@pytest.mark.parametrize("seed", range(5))
def test_a_history_keeps_the_first_hundred_of_each_kind_in_any_order_and_split(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 (any order will do)
    scan = Scan()
    wishes = [scan.cancel_requested(n=n, second=(n * 37) % 250) for n in range(250)]
    answers = [scan.queued(n=n, reason="x" * 600) for n in range(150)]
    events = [scan.requested(), *answers, scan.started(n=200), *wishes, scan.cancelled(n=300)]
    arrived = chance.sample([*events, *events], 2 * len(events))
    task: TaskDocument | None = None
    while arrived:
        cut = chance.randint(1, 40)
        task = fold_events(task, arrived[:cut]).document
        arrived = arrived[cut:]
    assert task is not None
    assert canonical(task) == canonical(expected_task(events, events[-1]))
    assert len(task["history"]) == 203
    assert len(bson.encode(task)) < 2**17
    assert fold_events(task, events).document is task


@given(arrivals())
def test_every_folded_document_is_a_task_and_the_one_before_stays_as_it_was(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    for event in arrived:
        bytes_before = bson.encode(task) if task else b""
        before, task = task, fold_events(task, [event]).document
        assert Task.model_validate(task).task_id == event.data.task_id
        assert None not in task.values()
        assert (bson.encode(before) if before else b"") == bytes_before
