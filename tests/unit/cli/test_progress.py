"""The line of a running scan, for terminals and for logs, and the sentence at its end."""

import pytest
from rich.cells import cell_len

from cli.ui.progress_lines import ProgressRow, live_line, outcome, plain_line
from tests.unit.cli.builders import Json, done_task, task


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _scanning() -> ProgressRow:
    clock = Clock()
    row = ProgressRow("archive.mbox", clock=clock)
    row.update(task(messages_scanned=19_346 - 4120))
    clock.now += 10
    row.update(task())
    return row


def test_a_running_scan_shows_percent_counts_speed_invoices_and_time_left() -> None:
    line = live_line(_scanning(), 200).plain
    assert line.startswith("archive.mbox  ━━━")
    assert line.endswith("  62%  19,346 of 31,204  412/s  87 invoices  about 30 s left")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120])
def test_a_line_is_never_wider_than_the_terminal(width: int) -> None:
    assert cell_len(live_line(_scanning(), width).plain) <= width


def test_facts_go_from_the_right_before_the_bar_does() -> None:
    line = live_line(_scanning(), 60).plain
    assert "62%" in line
    assert "━" in line
    assert "left" not in line


def test_without_utf8_the_bar_is_drawn_in_ascii() -> None:
    line = live_line(_scanning(), 120, ascii_only=True).plain
    assert line.isascii()
    assert "####" in line
    assert "----" in line


def test_the_log_line_is_ascii_with_its_time() -> None:
    assert plain_line(_scanning(), "14:02:31") == (
        "14:02:31 archive.mbox 62% 19,346/31,204 412/s 87 invoices, about 30 s left"
    )


def test_there_is_no_estimate_before_three_seconds() -> None:
    clock = Clock()
    row = ProgressRow("archive.mbox", clock=clock)
    row.update(task(messages_scanned=0))
    clock.now += 2.9
    row.update(task())
    assert "left" not in plain_line(row, "")


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"status": "PENDING", "current_status": "Task queued"}, "starts in a moment"),
        ({"status": "PENDING", "current_status": "Waiting for another scan"}, "waiting for another scan"),
        ({"messages_total": None, "messages_scanned": 8200}, "counting messages, 8,200 so far"),
        ({"cancel_requested_at": "2026-11-12T10:00:40Z"}, "stopping after the messages in progress"),
    ],
)
def test_each_state_says_what_is_going_on(changes: Json, fact: str) -> None:
    row = ProgressRow("archive.mbox")
    row.update(task(**changes))
    assert row.details() == [fact]


def test_a_lost_stream_leaves_the_bar_where_it_was() -> None:
    row = _scanning()
    row.disconnected = True
    assert row.percent == 62
    assert "not live" in live_line(row, 200).plain


def test_sending_shows_its_share_of_the_file() -> None:
    row = ProgressRow("archive.mbox", octets=4_000_000)
    row.send(1_000_000)
    assert plain_line(row, "14:02:31") == "14:02:31 archive.mbox 25% uploading 1.0 MB of 4.0 MB"


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (done_task(), "✓ Done in 1 min 16 s: 31,204 messages, 143 invoices, 61 duplicates, 14 not read"),
        (
            done_task(duplicates=0, failed=0, skipped=1200),
            "✓ Done in 1 min 16 s: 31,204 messages, 143 invoices, 1,200 skipped",
        ),
        (task(status="FAILURE", error="It is gone."), "✗ Failed: It is gone."),
        (task(status="CANCELLED"), "⊘ Cancelled: 87 invoices found so far are kept"),
        (task(status="CANCELLED", invoices_found=1), "⊘ Cancelled: 1 invoice found so far is kept"),
        (task(status="CANCELLED", invoices_found=0), "⊘ Cancelled: no invoices were found"),
    ],
)
def test_the_end_is_one_sentence(ended: Json, said: str) -> None:
    assert outcome(ended).plain == said
    assert outcome(ended, ascii_only=True).plain.isascii()


def test_a_scan_without_news_says_so_instead_of_a_speed_that_is_over() -> None:
    row = _scanning()
    assert isinstance(row.clock, Clock)
    row.clock.now += 23
    assert live_line(row, 200).plain.endswith("62%  19,346 of 31,204  no update for 20 s")


def test_a_name_in_wide_characters_leaves_room_for_itself() -> None:
    row = _scanning()
    row.name = "請求書.mbox"
    assert cell_len(live_line(row, 60).plain) <= 60
    assert live_line(row, 100, name_cells=14).plain.startswith("請求書.mbox     ━")
