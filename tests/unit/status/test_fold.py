"""What people see of a task, example by example."""

import datetime as dt

import orjson
import pytest

from services.status.fold import IgnoredReason, fold_events
from shared.errors import MalformedEvent
from shared.events import Task, decode, task_fields
from tests.support.events import Scan, a_result

scan = Scan()


def test_a_requested_scan_is_pending() -> None:
    task = fold_events(None, [scan.requested()]).document
    assert (task["status"], task["current_status"], task["progress"]) == ("PENDING", "Task queued", 0)
    assert task["created_at"] == scan.start
    assert "result" not in task


def test_a_scan_that_waits_stays_pending_and_says_why() -> None:
    waiting = fold_events(None, [scan.requested(), scan.queued()]).document
    assert (waiting["status"], waiting["current_status"]) == ("PENDING", "Waiting for another scan to finish")
    told = fold_events(waiting, [scan.queued(n=2, reason="Waiting for a slot")]).document
    assert told["current_status"] == "Waiting for a slot"
    assert [entry["detail"] for entry in told["history"]][1:] == [
        "Waiting for another scan to finish",
        "Waiting for a slot",
    ]


def test_the_result_has_the_last_word_on_the_numbers() -> None:
    events = [scan.requested(), scan.started(total=20), scan.progressed(3, 50, scanned=10)]
    task = fold_events(None, [*events, scan.completed(result=a_result(messages=21, invoices=4))]).document
    assert (task["messages_total"], task["messages_scanned"], task["invoices_found"]) == (21, 21, 4)
    late = fold_events(task, [scan.progressed(9, 99, scanned=19)])
    assert late.document is task
    assert late.ignored == (IgnoredReason.TERMINAL,)


def test_a_failed_scan_says_why_and_has_no_progress() -> None:
    task = fold_events(None, [scan.requested(), scan.progressed(3, 50, scanned=10), scan.failed()]).document
    assert (task["status"], task["progress"], task["current_status"]) == ("FAILURE", 0, "Email scan failed")
    assert (task["error_code"], task["error"]) == ("login_refused", "The mailbox refused the password.")
    assert task["messages_scanned"] == 10


def test_a_cancelled_scan_keeps_its_progress_and_a_late_tick_may_still_raise_it() -> None:
    task = fold_events(
        None, [scan.requested(), scan.progressed(3, 50), scan.cancel_requested(), scan.cancelled()]
    ).document
    assert (task["status"], task["progress"], task["current_status"]) == ("CANCELLED", 50, "Task cancelled")
    assert fold_events(task, [scan.progressed(4, 60)]).document["progress"] == 60
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "CANCEL_REQUESTED", "CANCELLED"]


def test_the_first_end_stays() -> None:
    task = fold_events(None, [scan.requested(), scan.completed()]).document
    second = fold_events(task, [scan.failed(n=21)])
    assert second.document is task
    assert second.ignored == (IgnoredReason.TERMINAL,)


def test_what_comes_before_the_request_counts_and_the_request_fills_in_the_rest() -> None:
    early = fold_events(None, [scan.started(), scan.progressed(3, 30, scanned=6)]).document
    assert (early["status"], early["progress"]) == ("PROGRESS", 30)
    assert early["created_at"] == scan.started().time
    task = fold_events(early, [scan.requested()]).document
    assert (task["status"], task["scan_type"], task["months"]) == ("PROGRESS", "inbox", 3)
    assert task["created_at"] == scan.start
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "PROGRESS"]


def test_the_reasons_are_told_apart() -> None:
    task = fold_events(None, [scan.requested(), scan.progressed(5, 50), scan.progressed(4, 40)])
    assert task.ignored == (None, None, IgnoredReason.STALE)
    again = fold_events(task.document, [scan.progressed(5, 50), scan.requested()])
    assert again.ignored == (IgnoredReason.DUPLICATE, IgnoredReason.DUPLICATE)
    assert again.document is task.document


def test_clocks_that_disagree_disturb_neither_the_order_nor_the_durations() -> None:
    behind = Scan(start=scan.start - dt.timedelta(days=1))
    task = fold_events(None, [scan.requested(), scan.started(), behind.cancel_requested(), behind.failed()]).document
    assert [entry["status"] for entry in task["history"]] == ["PENDING", "PROGRESS", "CANCEL_REQUESTED", "FAILURE"]
    assert task["created_at"] == scan.start, "the api's clock, which people have seen"
    assert task["started_at"] == task["updated_at"] == scan.started().time
    assert (task["completed_at"], task["actual_duration"]) == (behind.failed().time, 0.0)


def test_of_two_events_that_bring_an_end_at_once_the_first_wins_whichever_it_is() -> None:
    for first, second in ((scan.failed(n=20), scan.completed(n=21)), (scan.completed(n=21), scan.failed(n=20))):
        together = fold_events(None, [scan.requested(), scan.started(), first, second])
        assert together.document["_ended_by"] == first.id
        assert together.document == fold_events(None, [scan.requested(), scan.started(), first]).document
        assert together.ignored == (None, None, None, IgnoredReason.TERMINAL)


@pytest.mark.parametrize("progress", [-1, 101])
def test_progress_beyond_its_bounds_is_no_event(progress: int) -> None:
    said = orjson.loads(scan.progressed(3, 50).to_bytes())
    said["data"]["progress"] = progress
    with pytest.raises(MalformedEvent, match=r"data\.progress"):
        decode(orjson.dumps(said))


@pytest.mark.parametrize("progress", [{}, {"progress": 100}])
def test_a_task_of_an_older_system_keeps_its_status_and_its_progress(progress: dict[str, int]) -> None:
    legacy = {"_id": "task-1", "task_id": "task-1", "status": "SUCCESS", **progress}
    task = fold_events(legacy, [scan.completed(), scan.started(), scan.progressed(3, 40)]).document
    assert task["status"] == "SUCCESS"
    assert Task.model_validate(task_fields(task)).progress == 100


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": "PENDING"}, {"status": "PROGRESS"}])
def test_nulls_that_an_older_system_stored_say_nothing(status: dict[str, str | None]) -> None:
    nulls = dict.fromkeys(Task.model_fields.keys() - {"task_id", "status"})
    stored = {"_id": scan.task_id, "task_id": scan.task_id, **nulls, **status}
    before = dict(stored)
    task = fold_events(stored, scan.whole()).document
    assert task == fold_events(None, scan.whole()).document
    assert stored == before
