"""What a replica remembers, and when it does not trust its memory."""

from typing import Any

from services.status import write_cache
from services.status.fold import apply
from services.status.merge_rules import TaskDocument
from services.status.write_cache import Committed
from shared.events import Event
from tests.support.events import Scan


def folded(*events: Event[Any]) -> TaskDocument:
    return apply(None, events).document


def test_a_committed_task_is_the_guess_for_its_next_event() -> None:
    scan, memory = Scan(), Committed()
    task = folded(scan.requested())
    memory.keep(task)
    assert memory.recall({scan.task_id: [scan.started()]}) == {scan.task_id: task}


def test_a_task_that_begins_is_guessed_to_be_new_and_of_another_nothing_is_guessed() -> None:
    new, unknown = Scan("new"), Scan("unknown")
    guesses = Committed().recall({"new": [new.requested(), new.started()], "unknown": [unknown.started()]})
    assert guesses == {"new": None}


def test_a_task_that_has_ended_is_forgotten() -> None:
    scan, memory = Scan(), Committed()
    memory.keep(folded(scan.started()))
    memory.keep(folded(scan.started(), scan.completed()))
    assert memory.recall({scan.task_id: [scan.progressed(3, 10)]}) == {}


def test_only_so_many_are_kept_and_the_quietest_goes_first() -> None:
    memory = Committed()
    scans = [Scan(f"task-{n}") for n in range(write_cache._MOST + 1)]  # noqa: SLF001 (the bound itself)
    for scan in scans[:-1]:
        memory.keep(folded(scan.started()))
    memory.keep(folded(scans[0].started(), scans[0].progressed(3, 10)))
    memory.keep(folded(scans[-1].started()))
    guesses = memory.recall({scan.task_id: [scan.progressed(4, 20)] for scan in scans})
    assert set(guesses) == {scan.task_id for scan in scans} - {"task-1"}


def test_after_a_wrong_guess_nothing_is_guessed_for_a_while() -> None:
    scan, other, memory = Scan("task"), Scan("other"), Committed()
    memory.keep(folded(scan.started()))
    memory.keep(folded(other.started()))
    batch = {other.task_id: [other.progressed(3, 10)]}
    memory.mistaken([scan.task_id])
    recalled = [memory.recall(batch) for _ in range(write_cache._DISTRUST)]  # noqa: SLF001 (the length of the while)
    assert not any(recalled)
    assert set(memory.recall(batch)) == {other.task_id}


def test_a_new_task_that_was_there_already_is_no_reason_for_distrust() -> None:
    scan, other, memory = Scan("task"), Scan("other"), Committed()
    memory.keep(folded(other.started()))
    memory.mistaken([scan.task_id])
    assert memory.recall({other.task_id: [other.progressed(3, 10)]})
