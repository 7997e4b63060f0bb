"""The watchdog's events, made from tasks as the fold writes them."""

import datetime as dt
from typing import Any

from services.status.fold import fold_events
from services.status.watchdog.events import forced_cancel_event, redrive_event, stalled_event
from shared.events import Event
from tests.support.events import START, Scan

AT = START + dt.timedelta(hours=1)


def folded(*events: Event[Any]) -> dict[str, Any]:
    return fold_events(None, events).document


def test_the_request_is_published_again_byte_for_byte() -> None:
    scan = Scan()
    for task in (folded(scan.requested()), folded(scan.queued(), scan.cancel_requested(), scan.requested())):
        again = redrive_event(task)
        assert again is not None
        assert again.to_bytes() == scan.requested().to_bytes()


def test_a_request_seen_again_changes_nothing() -> None:
    task = folded(Scan().requested(), Scan().queued())
    again = redrive_event(task)
    assert again is not None
    assert fold_events(task, [again]).document is task


def test_a_request_that_was_not_seen_cannot_be_published_again() -> None:
    assert redrive_event(folded(Scan().queued())) is None


def test_the_ends_it_makes_fold_into_the_task_with_their_history() -> None:
    task = folded(Scan().requested(), Scan().cancel_requested())
    failed = fold_events(task, [stalled_event(task, AT)]).document
    assert (failed["status"], failed["error_code"], failed["completed_at"]) == ("FAILURE", "stalled", AT)
    assert [entry["status"] for entry in failed["history"]] == ["PENDING", "CANCEL_REQUESTED", "FAILURE"]
    cancelled = fold_events(task, [forced_cancel_event(task, dt.timedelta(seconds=60))]).document
    assert (cancelled["status"], cancelled["completed_at"]) == ("CANCELLED", START + dt.timedelta(seconds=61))
    assert cancelled["history"][-1]["detail"] == "no scanner confirmed the cancel within 60 s"


def test_a_task_known_by_its_cancel_alone_can_end_and_takes_its_account_from_a_later_request() -> None:
    task = folded(Scan().cancel_requested())
    ended = fold_events(task, [forced_cancel_event(task, dt.timedelta(seconds=60))]).document
    assert ended["status"] == "CANCELLED"
    assert fold_events(ended, [Scan().requested()]).document["account_id"] == Scan().account_id
