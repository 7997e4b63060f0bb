"""How pages write numbers, times and states; where their lists and charts lead. All of it pure."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.api.accounts.schemas import AccountCheck
from services.api.http.problems import Problem, not_found
from services.api.invoices.schemas import MonthSummary
from services.api.web import charts, formats
from services.api.web.forms import Form
from services.api.web.mailbox_form import check_errors, form_errors, new_account_body
from services.api.web.months import TwelveMonths
from services.api.web.page_request import local_path
from services.api.web.paging import Paging
from services.api.web.scan_labels import HISTORY_STYLES, failure_text, history_detail, state_of, style_of
from services.api.web.scan_speed import ScanSpeed, stopwatch_text
from shared.events import Task, TaskStatus

NOW = dt.datetime(2026, 11, 12, 13, 2, 31, tzinfo=dt.UTC)


def a_task(**changes: object) -> Task:
    times = {"created_at": NOW, "updated_at": NOW, "started_at": NOW - dt.timedelta(seconds=40)}
    return Task.model_validate({"task_id": "t", "status": "PROGRESS", **times, **changes})


def test_numbers_and_amounts() -> None:
    assert formats.amount(Decimal("-1284.50"), "EUR") == "EUR \u22121,284.50"
    assert [formats.limit(n * 1024**2) for n in (1, 1024, 1536)] == ["1 MB", "1 GB", "1.5 GB"]
    assert "not found" in formats.amount(None)


def test_times() -> None:
    assert formats.duration(192) == "3 min 12 s"
    assert "not found" in formats.duration(None)
    assert formats.exact(NOW, ZoneInfo("Europe/Berlin")) == "12 Nov 2026, 14:02:31"
    assert [stopwatch_text(seconds) for seconds in (47, 723, 7500)] == ["0:47", "12:03", "2:05:00"]


def test_what_a_scan_says_of_itself() -> None:
    assert formats.with_thousands("Scanned 5600 of 10920 messages") == "Scanned 5,600 of 10,920 messages"
    assert formats.with_thousands("Reading Archive/2025") == "Reading Archive/2025"
    assert formats.sender('"Copperline, Inc." <billing@copperline.example>') == "billing@copperline.example"
    assert formats.sender(None) == "sender unknown"


def test_a_pace_is_told_when_it_is_more_than_a_guess() -> None:
    running = ScanSpeed.of(a_task(messages_total=31_204, messages_scanned=16_000), NOW)
    assert (running.per_second, running.time_left, running.elapsed_text) == (400.0, "about 40 s left", "0:40")
    assert ScanSpeed.of(a_task(messages_total=31_204, messages_scanned=100), NOW).time_left is None
    assert ScanSpeed.of(a_task(started_at=NOW, messages_total=9, messages_scanned=1), NOW).per_second is None


def test_states_have_one_look_each() -> None:
    asked = {"cancel_requested_at": NOW}
    seen = [
        state_of(a_task(status="PENDING")),
        state_of(a_task()),
        state_of(a_task(messages_total=5)),
        state_of(a_task(messages_total=5, **asked)),
        state_of(a_task(status="DONE", **asked)),
    ]
    assert seen == ["waiting", "listing", "scanning", "stopping", "done"]
    assert {style_of(a_task(status=status)).label for status in TaskStatus} >= {
        "Waiting",
        "Done",
        "Failed",
        "Cancelled",
    }


def test_the_history_says_who_cancelled() -> None:
    assert HISTORY_STYLES["CANCEL_REQUESTED"].label == "Stopping"
    assert history_detail("asked by the user") == "Cancelled by you"
    assert history_detail("Email scan failed") == "Email scan failed"


def test_every_failure_says_what_to_do() -> None:
    assert failure_text("mailbox_missing", None).button == "Upload mail"
    assert failure_text("a_code_of_tomorrow", "It rained.").cause == "It rained."
    assert failure_text(None, None).cause == "The scan failed."


def test_a_mailbox_with_oauth2_is_connected_again_and_asked_for_no_password() -> None:
    for code in ("login_refused", "secret_unreadable"):
        text = failure_text(code, None, oauth2=True)
        assert (text.button, "password" in text.sentence) == ("Connect again", False)
        assert failure_text(code, None).button == "Update password"
        check = AccountCheck(ok=False, code=code, detail="x")
        assert check_errors(check, oauth2=True) == {"refresh_token": text.sentence}


def test_lists_lead_on_and_back() -> None:
    first = Paging.of("/scans", {"status": "DONE", "cursor": ""}, "c2")
    assert first.newer is None
    assert first.older == "/scans?status=DONE&cursor=c2&trail=-"
    second = Paging.of("/scans", {"status": "DONE", "cursor": "c2", "trail": "-"}, "c3")
    assert second.newer == "/scans?status=DONE"
    assert second.older == "/scans?status=DONE&cursor=c3&trail=-.c2"
    third = Paging.of("/scans", {"status": "DONE", "cursor": "c3", "trail": "-.c2"}, None)
    assert (third.newer, third.older) == ("/scans?status=DONE&cursor=c2&trail=-", None)
    assert third.with_filter(status=None) == "/scans"


@pytest.mark.parametrize("way", ["//evil", "/\\evil", "https://evil", "evil", "/a\nb", None])
def test_ways_back_stay_here(way: str | None) -> None:
    assert local_path(way) == "/"
    assert local_path("/scans?x=1") == "/scans?x=1"


def test_shares_are_never_too_narrow_to_see() -> None:
    segments = charts.shares({"DONE": 9_990, "FAILURE": 1, "PENDING": 0}, 320)
    assert [segment.name for segment in segments] == ["DONE", "FAILURE"]
    assert segments[1].width == 5
    assert segments[-1].x + segments[-1].width == pytest.approx(320)
    assert charts.shares({"DONE": 0}, 320) == []


def test_twelve_months_in_one_currency() -> None:
    year = TwelveMonths.until("2026-01")
    assert (year.first, year.last, year.name) == ("2025-02", "2026-01", "January")
    found = [
        MonthSummary(month="2026-01", count=3, totals={"EUR": "10.50", "USD": "2.00"}),
        MonthSummary(month="2025-12", count=1, totals={"EUR": "21.00"}),
    ]
    year = year.with_summary(found)
    assert (year.currency, year.total, year.count) == ("EUR", Decimal("10.50"), 3)
    assert year.other_currencies == [("USD", Decimal("2.00"))]
    bars = charts.months(year.amounts, year.last, width=320, height=96)
    assert "".join(bar.letter for bar in bars) == "FMAMJJASONDJ"
    assert [bar.height for bar in bars[-2:]] == [96.0, 48.0]
    assert bars[-1].is_current


def test_a_form_becomes_a_request_and_faults_find_their_fields() -> None:
    form = Form({"host": " imap.example.com ", "username": "ada", "password": " s ", "port": "993", "folders": "A, B"})
    body = new_account_body(form)
    assert body["label"] == "ada"
    assert body["source"] == {
        "kind": "imap",
        "host": "imap.example.com",
        "security": "tls",
        "username": "ada",
        "folders": ["A", "B"],
        "port": 993,
        "auth": "password",
        "password": " s ",
    }
    refused = AccountCheck(ok=False, code="login_refused", detail="x")
    assert list(check_errors(refused, oauth2=False)) == ["password"]
    unknown = AccountCheck(ok=False, code="new", detail="Something else.")
    assert check_errors(unknown, oauth2=False) == {"": "Something else."}
    with pytest.raises(Problem, match="not_found"):
        form_errors(not_found())
