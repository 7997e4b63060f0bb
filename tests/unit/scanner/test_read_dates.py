"""How far a scan goes back."""

import datetime as dt

import pytest

from services.scanner.read_dates import headers_of, months_before


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("asked_at", "months", "back_to"),
    [
        ("2026-06-15T10:00:00", 1, "2026-05-15T10:00:00"),
        ("2026-03-31T10:00:00", 1, "2026-02-28T10:00:00"),
        ("2024-03-31T10:00:00", 1, "2024-02-29T10:00:00"),
        ("2026-01-15T10:00:00", 1, "2025-12-15T10:00:00"),
        ("2026-12-31T10:00:00", 12, "2025-12-31T10:00:00"),
        ("2026-01-31T10:00:00", 11, "2025-02-28T10:00:00"),
    ],
)
def test_months_are_those_of_the_calendar(asked_at: str, months: int, back_to: str) -> None:
    assert months_before(moment(asked_at), months) == moment(back_to)


def test_the_date_of_a_message_is_that_of_its_header_in_utc() -> None:
    raw = b"Subject: a\r\nDate: Mon, 2 Mar 2026 10:00:00 +0200\r\n\r\nDate: Tue, 3 Mar 2020 10:00:00 +0000\r\n"
    assert headers_of(raw).date == moment("2026-03-02T08:00:00")


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"Subject: none\n\n", b"Date: yesterday\n\n", b"\xff\xfe\x00"])
def test_a_message_without_a_readable_date_has_none(raw: bytes) -> None:
    assert headers_of(raw).date is None
