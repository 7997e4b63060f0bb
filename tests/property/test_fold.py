"""The fold is a function of the set of events: whatever the order, the repetition and the batches."""

from typing import Any

import bson
from hypothesis import given, settings

from services.status.fold import Ignored, apply
from services.status.joins import TaskDocument
from services.status.transitions import SUCCESSORS, is_terminal
from shared.events import Event, Task, TaskStatus
from tests.property.expected import ENDS, expected_task
from tests.property.histories import arrivals, batches


def canonical(task: TaskDocument) -> bytes:
    """The bytes of a task, `version` aside. The order of keys counts inside its values, where MongoDB compares it."""
    return bson.encode({key: task[key] for key in sorted(task) if key != "version"})


def first_end(arrived: list[Event[Any]]) -> Event[Any] | None:
    return next((event for event in arrived if isinstance(event.data, ENDS)), None)


@settings(max_examples=500)
@given(batches())
def test_any_order_repetition_and_split_gives_the_stated_document(parts: list[list[Event[Any]]]) -> None:
    task: TaskDocument | None = None
    changes = 0
    for part in parts:
        folded = apply(task, part)
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
        task = apply(task, part).document
    for part in parts:
        assert apply(task, part).document is task


@given(arrivals())
def test_an_event_has_a_reason_exactly_when_it_changes_nothing(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    for event in arrived:
        folded = apply(task, [event])
        assert (folded.document is task) == (folded.ignored != (None,))
        if folded.ignored == (Ignored.TERMINAL,):
            assert is_terminal(folded.document["status"])
        task = folded.document


@given(arrivals())
def test_a_batch_tells_the_same_reasons_as_its_events_one_by_one(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    reasons: list[Ignored | None] = []
    for event in arrived:
        folded = apply(task, [event])
        task = folded.document
        reasons += folded.ignored
    assert apply(None, arrived).ignored == tuple(reasons)


@given(arrivals())
def test_the_status_moves_along_the_table_only_and_progress_never_falls_on_the_way(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    for event in arrived:
        before, task = task, apply(task, [event]).document
        if before is not None:
            old, new = TaskStatus(before["status"]), TaskStatus(task["status"])
            assert new is old or new in SUCCESSORS[old]
            if new in (TaskStatus.PENDING, TaskStatus.PROGRESS, TaskStatus.CANCELLED):
                assert task["progress"] >= before["progress"]
        if task["status"] in ("DONE", "FAILURE"):
            assert task["progress"] == (100 if task["status"] == "DONE" else 0)


@given(arrivals())
def test_every_folded_document_is_a_task_and_the_one_before_stays_as_it_was(arrived: list[Event[Any]]) -> None:
    task: TaskDocument | None = None
    for event in arrived:
        bytes_before = bson.encode(task) if task else b""
        before, task = task, apply(task, [event]).document
        assert Task.model_validate(task).task_id == event.data.task_id
        assert None not in task.values()
        assert (bson.encode(before) if before else b"") == bytes_before
