"""Fields of the API's JSON as text."""

import datetime as dt
from decimal import Decimal

import pytest

from cli.client.task_status import OPEN, TERMINAL, Status
from cli.ui.field_text import STATUS_LABELS, ago, confidence, day, invoice_total
from shared.events import TERMINAL as EVENT_TERMINAL
from shared.events import TaskStatus
from tests.unit.cli.builders import invoice


def test_the_statuses_are_those_of_the_contract() -> None:
    assert [status.value for status in Status] == [status.value for status in TaskStatus]
    assert TERMINAL == EVENT_TERMINAL
    assert set(OPEN) | TERMINAL == set(Status)
    assert STATUS_LABELS.keys() == set(TaskStatus)


def test_a_date_that_is_not_known_is_left_out() -> None:
    assert [day("2026-11-09"), day(None)] == ["9 Nov 2026", ""]


@pytest.mark.parametrize(
    ("time", "text"),
    [("2026-11-12T11:58:00Z", "2 minutes ago"), ("2026-11-11T10:59:00+00:00", "yesterday"), (None, "never")],
)
def test_a_past_time_is_shown_relative_to_now(time: str | None, text: str) -> None:
    assert ago(time, dt.datetime(2026, 11, 12, 12, tzinfo=dt.UTC)) == text


def test_the_total_of_a_credit_note_is_negative_however_it_is_written() -> None:
    assert invoice_total(invoice(total="12.50")) == Decimal("12.50")
    assert invoice_total(invoice(total="12.50", kind="credit_note")) == Decimal("-12.50")
    assert invoice_total(invoice(total="-12.50", kind="credit_note")) == Decimal("-12.50")
    assert invoice_total(invoice(total=None)) is None


def test_a_failed_check_is_never_sure() -> None:
    assert confidence(invoice()) == "sure"
    assert confidence(invoice(confidence=0.8)) == "likely"
    assert confidence(invoice(confidence=0.5)) == "check"
    assert confidence(invoice(checks=[{"name": "sum", "ok": False}])) == "check"
    assert confidence(invoice(needs_check=True)) == "check"
