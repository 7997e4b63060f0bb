"""What a replica remembers, and when it does not trust its memory."""

from typing import Any

from services.status import write_cache
from services.status.fold import fold_events
from services.status.merge_rules import TaskDocument
from services.status.write_cache import WriteCache
from shared.events import Event
from tests.support.events import Scan


def folded(*events: Event[Any]) -> TaskDocument:
    return fold_events(None, events).document


def test_a_committed_task_is_the_guess_for_its_next_event() -> None:
    scan, cache = Scan(), WriteCache()
    task = folded(scan.requested())
    cache.put(task)
    assert cache.guess({scan.task_id: [scan.started()]}) == {scan.task_id: task}


def test_a_task_that_begins_is_guessed_to_be_new_and_of_another_nothing_is_guessed() -> None:
    new, unknown = Scan("new"), Scan("unknown")
    guesses = WriteCache().guess({"new": [new.requested(), new.started()], "unknown": [unknown.started()]})
    assert guesses == {"new": None}


def test_a_task_that_has_ended_is_forgotten() -> None:
    scan, cache = Scan(), WriteCache()
    cache.put(folded(scan.started()))
    cache.put(folded(scan.started(), scan.completed()))
    assert cache.guess({scan.task_id: [scan.progressed(3, 10)]}) == {}


def test_only_so_many_are_kept_and_the_quietest_goes_first() -> None:
    cache = WriteCache()
    scans = [Scan(f"task-{n}") for n in range(write_cache._MAX_TASKS + 1)]  # noqa: SLF001 (the bound itself)
    for scan in scans[:-1]:
        cache.put(folded(scan.started()))
    cache.put(folded(scans[0].started(), scans[0].progressed(3, 10)))
    cache.put(folded(scans[-1].started()))
    guesses = cache.guess({scan.task_id: [scan.progressed(4, 20)] for scan in scans})
    assert set(guesses) == {scan.task_id for scan in scans} - {"task-1"}


def test_after_a_wrong_guess_nothing_is_guessed_for_a_while() -> None:
    scan, other, cache = Scan("task"), Scan("other"), WriteCache()
    cache.put(folded(scan.started()))
    cache.put(folded(other.started()))
    batch = {other.task_id: [other.progressed(3, 10)]}
    cache.invalidate([scan.task_id])
    recalled = [cache.guess(batch) for _ in range(write_cache._COOLDOWN_BATCHES)]  # noqa: SLF001 (the length of the while)
    assert not any(recalled)
    assert set(cache.guess(batch)) == {other.task_id}


def test_a_new_task_that_was_there_already_is_no_reason_for_distrust() -> None:
    scan, other, cache = Scan("task"), Scan("other"), WriteCache()
    cache.put(folded(other.started()))
    cache.invalidate([scan.task_id])
    assert cache.guess({other.task_id: [other.progressed(3, 10)]})
