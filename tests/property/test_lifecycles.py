"""A whole scan in every order of arrival: what people see of it is the same, and right at every moment before."""

from itertools import permutations
from typing import Any

import pytest

from services.status.fold import IgnoredReason, fold_events
from services.status.merge_rules import TaskDocument
from shared.events import (
    Event,
    ScanCancelRequested,
    ScanProgressed,
    ScanQueued,
    ScanRequested,
    ScanStarted,
)
from tests.support.events import Scan
from tests.support.expected_tasks import ENDS
from tests.support.lifecycles import ENDINGS, ending, life, lived, public, second, statuses

scan = Scan()


@pytest.mark.parametrize("status", ENDINGS)
def test_every_order_of_a_scans_events_gives_the_same_task(status: str) -> None:
    known = lived(scan, status)
    for arrived in permutations(life(scan, status)):
        task: TaskDocument | None = None
        ignored: list[tuple[Event[Any], IgnoredReason]] = []
        for event in arrived:
            folded = fold_events(task, [event])
            ignored += [(event, why) for why in folded.ignored if why is not None]
            task = folded.document
        assert task is not None
        assert public(task) == known
        assert task["version"] == len(arrived) - len(ignored)
        for event, why in ignored:
            assert isinstance(event.data, ScanProgressed)
            assert (why, status) == (IgnoredReason.TERMINAL, "DONE")
        at_once = fold_events(None, arrived).document
        assert (public(at_once), at_once["version"]) == (known, 1)


@pytest.mark.parametrize("status", ENDINGS)
def test_times_and_history_are_right_after_every_event_in_every_order(status: str) -> None:
    for arrived in permutations(life(scan, status)):
        task: TaskDocument | None = None
        for number, event in enumerate(arrived, 1):
            task = fold_events(task, [event]).document
            assert_right_so_far(task, arrived[:number], status)


def assert_right_so_far(task: TaskDocument, arrived: tuple[Event[Any], ...], status: str) -> None:
    heard = {type(event.data) for event in arrived}
    ended = not heard.isdisjoint(ENDS)
    moving = not heard.isdisjoint({ScanStarted, ScanProgressed})
    assert task["status"] == (status if ended else "PROGRESS" if moving else "PENDING")
    assert task.get("started_at") == (second(2) if ScanStarted in heard else None)
    assert task.get("estimated_duration") == (4.0 if ScanStarted in heard else None)
    assert task.get("completed_at") == (second(20) if ended else None)
    assert task.get("actual_duration") == (18.0 if ended and ScanStarted in heard else None)
    assert task.get("cancel_requested_at") == (second(4) if ScanCancelRequested in heard else None)
    earliest = min(event.time for event in arrived)
    assert task["created_at"] == (second(0) if ScanRequested in heard else earliest)
    noted = [
        (ScanRequested in heard, "PENDING"),
        (ScanQueued in heard, "PENDING"),
        (ScanStarted in heard, "PROGRESS"),
        (ScanCancelRequested in heard, "CANCEL_REQUESTED"),
        (ended, status),
    ]
    assert statuses(task["history"]) == [name for is_in, name in noted if is_in]


@pytest.mark.parametrize("status", ENDINGS)
@pytest.mark.parametrize("happens", range(7))
def test_a_wish_to_cancel_at_any_moment_of_a_life_moves_nothing_but_its_own_time(status: str, happens: int) -> None:
    """Asked for before the scan's first event, between any two, or after the last; and heard of then, or whenever."""
    going = [scan.requested(), scan.queued(), scan.started(), scan.progressed(3, 40), scan.progressed(4, 60)]
    events = [*going, ending(scan, status)]
    wish = scan.cancel_requested(second=happens - 0.5)
    for heard in range(7):
        plain: TaskDocument | None = None
        wished: TaskDocument | None = None
        for event in [*events[:heard], wish, *events[heard:]]:
            wished = fold_events(wished, [event]).document
            if event is not wish:
                plain = fold_events(plain, [event]).document
                assert plain is not None
                assert_same_but_for_the_wish(plain, wished, wish, is_heard=event in events[heard:])
        assert wished is not None
        assert wished["created_at"] == second(0)
        assert wished["cancel_requested_at"] == second(happens - 0.5)
        assert statuses(wished["history"]) == ["PENDING", "PENDING", "PROGRESS", "CANCEL_REQUESTED", status]


def assert_same_but_for_the_wish(
    plain: TaskDocument, wished: TaskDocument, wish: Event[Any], *, is_heard: bool
) -> None:
    own = {"cancel_requested_at", "history", "updated_at", "created_at", "version"}
    assert {k: v for k, v in wished.items() if k not in own} == {k: v for k, v in plain.items() if k not in own}
    assert [entry for entry in wished["history"] if entry["event_id"] != wish.id] == plain["history"]
    assert wished["updated_at"] == (max(plain["updated_at"], wish.time) if is_heard else plain["updated_at"])
