"""Each invariant is seen to be broken when it is."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.events import Event, ScanCancelled, ScanCompleted, ScanResult, new_event, utc_now
from shared.messaging.topology import WORK_QUEUES
from tools.drill.checks import invoices_and_ledger, leftovers, logs, task_states
from tools.drill.checks.invoices_and_ledger import UserRecords
from tools.drill.observer import Observations
from tools.stack.layout import Layout

RESULT = ScanResult(
    messages=3, scanned=3, skipped=0, failed=0, invoices=1, duplicates=0, bytes_fetched=9, totals={}, duration_seconds=1
)


def completed(task_id: str, sequence: int = 9) -> Event[Any]:
    data = ScanCompleted(task_id=task_id, user_id="u", account_id="a", result=RESULT)
    return new_event(data, service="scanner", sequence=sequence, time=utc_now())


def cancelled(task_id: str, service: str = "scanner") -> Event[Any]:
    data = ScanCancelled(task_id=task_id, user_id="u", account_id="a", reason="asked")
    return new_event(data, service=service, sequence=9, time=utc_now())


def done(end: Event[Any], **changes: Any) -> dict[str, Any]:
    history = [{"status": "PENDING", "event_id": "first"}, {"status": "DONE", "event_id": end.id}]
    return {"_id": end.subject, "status": "DONE", "history": history, **changes}


# How scans end


def test_a_scan_that_goes_on_or_was_never_written_has_not_ended() -> None:
    tasks = {"t1": {"status": "DONE"}, "t2": {"status": "PROGRESS"}}
    assert task_states.all_ended(["t1"], tasks).holds
    assert task_states.all_ended(["t1", "t2", "t3"], tasks).broken == ["t2: PROGRESS", "t3: no task"]


def test_a_failed_scan_is_named_with_its_code() -> None:
    assert task_states.none_failed({"t": {"status": "FAILURE", "error_code": "stalled"}}).broken == ["t: stalled"]


def test_a_scan_that_nobody_cancelled_must_not_be_cancelled() -> None:
    tasks: dict[str, Any] = {
        "wished": {"status": "CANCELLED"},
        "asked": {"status": "CANCELLED", "cancel_requested_at": utc_now()},
    }
    assert task_states.cancelled_by_wish(tasks, ["wished"]).holds
    assert not task_states.cancelled_by_wish(tasks, []).holds


def test_the_same_end_twice_is_one_end() -> None:
    end = completed("t")
    assert task_states.one_end_each({"t": done(end)}, [end, end]).holds


def test_an_end_of_the_scanner_beside_one_of_the_watchdog_is_one_that_counts() -> None:
    end = completed("t")
    assert task_states.one_end_each({"t": done(end)}, [end, cancelled("t", "status")]).holds


@pytest.mark.parametrize(
    ("task", "stream"),
    [
        (done(completed("t")), [completed("t"), cancelled("t")]),
        (done(completed("t")), [completed("t"), completed("t", sequence=10)]),
        (done(completed("t")), []),
        (done(completed("t"), status="CANCELLED"), [completed("t")]),
        (done(completed("t"), history=[]), [completed("t")]),
    ],
    ids=["two kinds", "two of a kind", "not in the stream", "another than in the history", "no history"],
)
def test_an_end_that_does_not_agree_is_found(task: dict[str, Any], stream: list[Event[Any]]) -> None:
    assert not task_states.one_end_each({"t": task}, stream).holds


# What is seen of them


def seen(*looks: tuple[str, int, int], every: bool = True) -> Observations:
    observations = Observations("commit")
    for status, progress, version in looks:
        observations.record("t", {"status": status, "progress": progress, "version": version}, every=every)
    return observations


def test_a_task_that_goes_forward_is_as_it_should_be() -> None:
    good = seen(("PENDING", 0, 1), ("PROGRESS", 40, 2), ("PROGRESS", 40, 3), ("DONE", 100, 4), ("DONE", 100, 5))
    failed = seen(("PROGRESS", 40, 1), ("FAILURE", 0, 2))
    again = seen(("PROGRESS", 40, 3), ("PROGRESS", 40, 3), ("DONE", 100, 7), every=False)
    late_news = seen(("PROGRESS", 16, 1), ("CANCELLED", 16, 2), ("CANCELLED", 33, 3))
    for observations in (good, failed, again, late_news):
        assert task_states.ends_are_final([observations]).holds
        assert task_states.progress_never_falls([observations]).holds


def test_a_task_that_leaves_its_end_or_vanishes_is_found() -> None:
    assert not task_states.ends_are_final([seen(("DONE", 100, 1), ("CANCELLED", 100, 2))]).holds
    assert not task_states.ends_are_final([seen(("FAILURE", 0, 1), ("FAILURE", 16, 2))]).holds
    assert not task_states.ends_are_final([seen(("CANCELLED", 16, 1), ("PROGRESS", 33, 2))]).holds
    gone = seen(("DONE", 100, 1))
    gone.record_deletion("t")
    assert not task_states.ends_are_final([gone]).holds


def test_progress_that_falls_a_commit_that_is_missing_and_old_news_are_found() -> None:
    assert not task_states.progress_never_falls([seen(("PROGRESS", 40, 1), ("PROGRESS", 39, 2))]).holds
    assert not task_states.progress_never_falls([seen(("PROGRESS", 40, 1), ("PROGRESS", 41, 3))]).holds
    assert not task_states.progress_never_falls([seen(("PROGRESS", 40, 2), ("PROGRESS", 40, 1), every=False)]).holds


# What was found in the mailboxes

ONE, TWO = ("Lampen", "1", "2026-01-01"), ("Lampen", "2", "2026-01-01")
PLACE = (0, "", 1)
QUIET = UserRecords("undisturbed", Counter([ONE]), {PLACE: ("carries", 9, 1)}, 1)


@pytest.mark.parametrize("invoices", [[], [ONE, ONE], [ONE, TWO]], ids=["missing", "twice", "another"])
def test_other_invoices_than_undisturbed_are_found(invoices: list[tuple[str, ...]]) -> None:
    assert invoices_and_ledger.same_invoices(QUIET, [QUIET]).holds
    assert not invoices_and_ledger.same_invoices(QUIET, [UserRecords("u", Counter(invoices), {}, 1)]).holds


@pytest.mark.parametrize("lines", [{}, {PLACE: ("none", "plain", 9, 0)}, {**QUIET.lines, (0, "", 2): ("none",)}])
def test_another_ledger_than_undisturbed_is_found(lines: dict[tuple[Any, ...], tuple[Any, ...]]) -> None:
    assert invoices_and_ledger.same_ledger(QUIET, [QUIET]).holds
    assert not invoices_and_ledger.same_ledger(QUIET, [UserRecords("u", Counter(), lines, 0)]).holds


def test_an_invoice_that_was_counted_twice_is_found() -> None:
    assert invoices_and_ledger.found_once([QUIET]).holds
    assert not invoices_and_ledger.found_once([UserRecords("u", Counter([ONE]), {}, 2)]).holds


def test_a_second_scan_that_adds_or_reads_something_is_found() -> None:
    counts = {"invoices": 5}
    task = {"_id": "t", "status": "DONE", "result": {"messages": 9, "skipped": 9, "invoices": 0}}
    assert invoices_and_ledger.nothing_added(counts, counts, [task]).holds
    assert not invoices_and_ledger.nothing_added(counts, {"invoices": 6}, [task]).holds
    read_again = {**task, "result": {"messages": 9, "skipped": 8, "invoices": 0}}
    assert not invoices_and_ledger.nothing_added(counts, counts, [read_again]).holds


# What is left

REPLICAS = {"api": 1, "scanner": 2, "status": 2}
QUEUES = [
    *(
        {"name": queue.name, "messages": 0, "consumers": REPLICAS[queue.name.partition(".")[0]]}
        for queue in WORK_QUEUES
    ),
    *({"name": queue.dead, "messages": 0} for queue in WORK_QUEUES),
    *({"name": f"scanner.slices.retry.{seconds}", "messages": 0} for seconds in (2, 10, 60)),
    *({"name": f"api.live.{number}", "messages": 0, "consumers": 1} for number in (1, 2)),
]


def with_queue(name: str, **changes: int) -> list[dict[str, Any]]:
    return [{**queue, **(changes if queue["name"] == name else {})} for queue in QUEUES]


def test_queues_that_are_empty_and_consumed_are_as_they_should_be() -> None:
    assert leftovers.nothing_waits(QUEUES).holds
    assert leftovers.no_dead_letters(QUEUES).holds
    assert leftovers.consumers_are_back(QUEUES, REPLICAS).holds


def test_a_message_a_dead_letter_and_a_lost_consumer_are_found() -> None:
    assert leftovers.nothing_waits(with_queue("scanner.slices", messages=1)).broken == ["scanner.slices: 1"]
    dead = leftovers.no_dead_letters(with_queue("status.scan.events.dead", messages=3))
    assert dead.broken == ["status.scan.events.dead: 3"]
    lost = leftovers.consumers_are_back(with_queue("scanner.scan.requested", consumers=1), REPLICAS)
    assert lost.broken == ["scanner.scan.requested: 1 of 2"]
    assert not leftovers.consumers_are_back(with_queue("api.live.1", consumers=0), REPLICAS).holds


MAIL = b"From x Mon Mar  2 10:00:00 2026\nSubject: Your invoice of March\n\nText\n\n"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("password s3cret-of-the-drill", "the secret rabbitmq-api"),
        ("sent to ada@mail.example", "an address"),
        ("read Your invoice of March", "a subject"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlIQ", "a token"),
    ],
)
def test_what_must_not_be_logged_is_found_with_its_line_and_without_itself(
    tmp_path: Path, line: str, kind: str
) -> None:
    layout = Layout(tmp_path)
    layout.create()
    (layout.secrets / "rabbitmq-api").write_text("s3cret-of-the-drill")
    log = layout.logs / "scanner-1.log"
    log.write_text("all is well\n")
    assert logs.nothing_secret(layout, [MAIL]).holds
    log.write_text(f"all is well\n{line}\n")
    assert logs.nothing_secret(layout, [MAIL]).broken == [f"scanner-1.log:2: {kind}"]
