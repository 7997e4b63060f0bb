"""The watchdog's events, made from tasks as the fold writes them."""

import datetime as dt
from typing import Any

from services.status.fold import apply
from services.status.watchdog.events import overdue, requested_again, stalled
from shared.events import Event
from tests.support.events import START, Scan

AT = START + dt.timedelta(hours=1)


def folded(*events: Event[Any]) -> dict[str, Any]:
    return apply(None, events).document


def test_the_request_is_published_again_byte_for_byte() -> None:
    scan = Scan()
    for task in (folded(scan.requested()), folded(scan.queued(), scan.cancel_requested(), scan.requested())):
        again = requested_again(task)
        assert again is not None
        assert again.to_bytes() == scan.requested().to_bytes()


def test_a_request_seen_again_changes_nothing() -> None:
    task = folded(Scan().requested(), Scan().queued())
    again = requested_again(task)
    assert again is not None
    assert apply(task, [again]).document is task


def test_a_request_that_was_not_seen_cannot_be_published_again() -> None:
    assert requested_again(folded(Scan().queued())) is None


def test_the_ends_it_makes_fold_into_the_task_with_their_history() -> None:
    task = folded(Scan().requested(), Scan().cancel_requested())
    failed = apply(task, [stalled(task, AT)]).document
    assert (failed["status"], failed["error_code"], failed["completed_at"]) == ("FAILURE", "stalled", AT)
    assert [entry["status"] for entry in failed["history"]] == ["PENDING", "CANCEL_REQUESTED", "FAILURE"]
    cancelled = apply(task, [overdue(task, dt.timedelta(seconds=60))]).document
    assert (cancelled["status"], cancelled["completed_at"]) == ("CANCELLED", START + dt.timedelta(seconds=61))
    assert cancelled["history"][-1]["detail"] == "no scanner confirmed the cancel within 60 s"


def test_a_task_known_by_its_cancel_alone_can_end_and_takes_its_account_from_a_later_request() -> None:
    task = folded(Scan().cancel_requested())
    ended = apply(task, [overdue(task, dt.timedelta(seconds=60))]).document
    assert ended["status"] == "CANCELLED"
    assert apply(ended, [Scan().requested()]).document["account_id"] == Scan().account_id
