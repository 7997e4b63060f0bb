"""What is published of a stored document without the models is what the models would make of it."""

from typing import Any

import pytest
from hypothesis import given, settings

from services.status.fold import fold_events
from services.status.merge_rules import TaskDocument
from services.status.task_changed_encoder import encode_task_changed
from shared.events import Event, TaskChanged, decode, new_event, task_fields
from tests.support.histories import START, batches


def through_the_models(task: TaskDocument) -> Event[Any]:
    data = TaskChanged.model_validate(task_fields(task))
    return new_event(
        data, service="status", sequence=data.version, time=data.updated_at, traceparent=task.get("_traceparent")
    )


@settings(max_examples=200)
@given(batches())
def test_the_bytes_are_those_of_the_models(parts: list[list[Event[Any]]]) -> None:
    task = fold_events(None, parts[0]).document
    for part in parts[1:]:
        task = fold_events(task, part).document
    event = through_the_models(task)
    assert encode_task_changed(task) == (event.id, event.to_bytes())


@pytest.mark.parametrize(
    "legacy",
    [
        {"_id": "old", "status": "SUCCESS", "created_at": START, "result": {"invoices": 4, "scanned": "many"}},
        {"_id": "old", "status": "PROGRESS", "progress": 55, "result": {"invoices": 4}, "version": 2},
    ],
)
def test_what_an_older_system_left_is_filled_in(legacy: TaskDocument) -> None:
    event = through_the_models(legacy)
    assert encode_task_changed(legacy) == (event.id, event.to_bytes())


def test_a_value_of_an_unknown_type_is_told_as_text() -> None:
    class Identifier:
        def __str__(self) -> str:
            return "65f0"

    _, body = encode_task_changed({"_id": "old", "account_id": Identifier(), "created_at": START, "updated_at": START})
    event = decode(body)
    assert event.data.account_id == "65f0"
