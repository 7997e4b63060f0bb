"""The life of a task as data: every status against every announcement, and the texts that other systems rely on."""

import pytest

from services.status.transitions import CURRENT_STATUS, INITIAL, STEPS, SUCCESSORS, Rank, advance, is_terminal
from shared.events import EVENTS, LEGACY_DONE, TERMINAL, ScanCleanupRequested, TaskStatus

MOVES = {
    ("PENDING", "PROGRESS"),
    ("PENDING", "DONE"),
    ("PENDING", "FAILURE"),
    ("PENDING", "CANCELLED"),
    ("PROGRESS", "DONE"),
    ("PROGRESS", "FAILURE"),
    ("PROGRESS", "CANCELLED"),
}


def test_the_table_has_the_moves_of_a_task_and_no_others() -> None:
    assert {(old, new) for old, after in SUCCESSORS.items() for new in after} == MOVES
    assert set(SUCCESSORS) == set(TaskStatus)
    assert INITIAL == "PENDING"


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("announced", [None, *TaskStatus])
def test_a_status_moves_where_the_table_allows_and_stays_otherwise(
    status: TaskStatus, announced: TaskStatus | None
) -> None:
    assert advance(status.value, announced) == (announced if (status, announced) in MOVES else status)


def test_the_ends_are_those_that_everyone_knows_as_such() -> None:
    assert {status for status in TaskStatus if is_terminal(status)} == TERMINAL == {"DONE", "FAILURE", "CANCELLED"}


@pytest.mark.parametrize("announced", [None, *TaskStatus])
def test_a_status_of_an_older_system_is_an_end(announced: TaskStatus | None) -> None:
    assert is_terminal(LEGACY_DONE)
    assert advance(LEGACY_DONE, announced) == LEGACY_DONE


def test_every_event_of_a_scan_is_in_the_table() -> None:
    assert {data.routing_key for data in STEPS} == {
        key
        for key in EVENTS
        if key.startswith("scan.") and key != ScanCleanupRequested.routing_key  # of no one scan
    }


def test_the_events_announce_what_they_say_and_stand_in_the_order_of_a_life() -> None:
    told = {data.__name__: (step.announces, step.rank, step.label) for data, step in STEPS.items()}
    assert told == {
        "ScanRequested": ("PENDING", Rank.REQUESTED, "PENDING"),
        "ScanQueued": ("PENDING", Rank.QUEUED, "PENDING"),
        "ScanStarted": ("PROGRESS", Rank.STARTED, "PROGRESS"),
        "ScanProgressed": ("PROGRESS", None, "PROGRESS"),
        "ScanCancelRequested": (None, Rank.CANCEL_REQUESTED, "CANCEL_REQUESTED"),
        "ScanCompleted": ("DONE", Rank.ENDED, "DONE"),
        "ScanFailed": ("FAILURE", Rank.ENDED, "FAILURE"),
        "ScanCancelled": ("CANCELLED", Rank.ENDED, "CANCELLED"),
    }
    assert sorted(Rank) == [Rank.REQUESTED, Rank.QUEUED, Rank.STARTED, Rank.CANCEL_REQUESTED, Rank.ENDED]


def test_the_texts_are_those_that_other_systems_know() -> None:
    assert CURRENT_STATUS == {
        "PENDING": "Task queued",
        "PROGRESS": "Email scan started",
        "DONE": "Email scan completed successfully",
        "FAILURE": "Email scan failed",
        "CANCELLED": "Task cancelled",
    }
