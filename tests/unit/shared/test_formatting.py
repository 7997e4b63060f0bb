"""Numbers, times, amounts and confidence as text."""

import datetime as dt
import subprocess
import sys

import pytest

from shared.formatting import (
    ago,
    amount,
    confidence_level,
    count,
    day,
    duration,
    percent,
    seconds_left,
    size,
    time_left,
)

NOW = dt.datetime(2026, 11, 12, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
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
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about 5 s left"),
        (28, "about 30 s left"),
        (57, "about 55 s left"),
        (58, "about 1 min left"),
        (150, "about 2 min left"),
        (7000, "about 2 h left"),
    ],
)
def test_time_left_is_no_more_exact_than_an_estimate_can_be(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (531_651, "532 kB"),
        (999_600, "1.0 MB"),
        (3_626_376, "3.6 MB"),
        (9_960_000, "10 MB"),
        (640_000_000, "640 MB"),
        (999_600_000, "1.0 GB"),
        (2_100_000_000, "2.1 GB"),
        (1_200_000_000_000, "1,200 GB"),
    ],
)
def test_a_size_has_the_unit_a_person_would_choose(octets: int, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1284.50", "1,284.50"),
        ("-12.5", "-12.5"),
        ("0.00", "0.00"),
        ("12345678901234567890.12", "12,345,678,901,234,567,890.12"),
    ],
)
def test_an_amount_keeps_every_digit(value: str, text: str) -> None:
    assert amount(value) == text


def test_counts_have_their_noun_in_the_right_number() -> None:
    assert [count(1, "invoice"), count(0, "invoice"), count(19_346, "message"), count(2, "policy", "policies")] == [
        "1 invoice",
        "0 invoices",
        "19,346 messages",
        "2 policies",
    ]


def test_a_share_has_one_decimal() -> None:
    assert [percent(412, 430), percent(0, 0)] == ["95.8%", "0%"]


def test_a_day_is_written_with_the_name_of_its_month() -> None:
    assert day(dt.date(2026, 11, 9)) == "9 Nov 2026"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30, "just now"),
        (120, "2 minutes ago"),
        (3660, "1 hour ago"),
        (90_000, "yesterday"),
        (300_000, "3 days ago"),
    ],
)
def test_an_age_has_its_largest_unit(seconds: int, text: str) -> None:
    assert ago(NOW - dt.timedelta(seconds=seconds), NOW) == text


def test_the_time_left_is_estimated_only_when_it_is_more_than_a_guess() -> None:
    assert seconds_left(200, 1000, per_second=40.0, elapsed=5.0) == 20.0
    assert seconds_left(200, 1000, per_second=40.0, elapsed=2.9) is None
    assert seconds_left(9, 1000, per_second=3.0, elapsed=3.0) is None
    assert seconds_left(1001, 1000, per_second=3.0, elapsed=300.0) == 0


def test_confidence_has_three_levels() -> None:
    assert [confidence_level(share) for share in (0.95, 0.94, 0.80, 0.79)] == ["sure", "likely", "likely", "check"]
    assert confidence_level(1.0, needs_check=True) == "check"


def test_formatting_loads_no_framework() -> None:
    script = "import sys, shared.formatting; print(sorted({'pydantic', 'faststream', 'aio_pika'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
