"""How numbers, times and amounts are said."""

import datetime as dt

import pytest

from cli.ui.formatting import ago, amount, confidence, count, day, duration, size, time_left
from tests.unit.cli.builders import invoice


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (47.4, "47 s"),
        (59.6, "1 min"),
        (76, "1 min 16 s"),
        (192, "3 min 12 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86400, "24 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "about 5 s left"),
        (28, "about 30 s left"),
        (57, "about 55 s left"),
        (58, "about 1 min left"),
        (150, "about 2 min left"),
        (7000, "about 2 h left"),
    ],
)
def test_time_left_is_no_more_exact_than_an_estimate_can_be(seconds: float, said: str) -> None:
    assert time_left(seconds) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (1, "1 bytes"),
        (999, "999 bytes"),
        (531_651, "532 kB"),
        (3_626_376, "3.6 MB"),
        (2_100_000_000, "2.1 GB"),
    ],
)
def test_a_size_has_the_unit_a_person_would_choose(octets: int, said: str) -> None:
    assert size(octets) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1284.50", "1,284.50"),
        ("-12.5", "-12.5"),
        ("0.00", "0.00"),
        ("12345678901234567890.12", "12,345,678,901,234,567,890.12"),
        (None, ""),
    ],
)
def test_an_amount_keeps_every_digit(value: str | None, said: str) -> None:
    assert amount(value) == said


def test_counts_have_their_noun_in_the_right_number() -> None:
    assert [count(1, "invoice"), count(0, "invoice"), count(19_346, "message")] == [
        "1 invoice",
        "0 invoices",
        "19,346 messages",
    ]


def test_a_day_is_written_with_the_name_of_its_month() -> None:
    assert [day("2026-11-09"), day(None)] == ["9 Nov 2026", ""]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-11-12T11:59:30Z", "just now"),
        ("2026-11-12T11:58:00Z", "2 minutes ago"),
        ("2026-11-12T10:59:00+00:00", "1 hour ago"),
        ("2026-11-09T12:00:00Z", "3 days ago"),
        (None, "never"),
    ],
)
def test_a_past_time_is_said_relative_to_now(then: str | None, said: str) -> None:
    assert ago(then, dt.datetime(2026, 11, 12, 12, tzinfo=dt.UTC)) == said


def test_a_failed_check_is_never_sure() -> None:
    assert confidence(invoice()) == "sure"
    assert confidence(invoice(confidence=0.8)) == "likely"
    assert confidence(invoice(confidence=0.5)) == "check"
    assert confidence(invoice(checks=[{"name": "sum", "ok": False}])) == "check"
    assert confidence(invoice(needs_check=True)) == "check"
