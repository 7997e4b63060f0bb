"""What cursors claim to be read: never more than was read, and no less than the newest and the widest scan."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.scanner.read_ranges import ReadRange, merge_read_ranges, read_range_document, read_ranges_of

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=days) for days in range(6)]
stretches = st.builds(ReadRange, st.integers(0, 8), st.none() | st.sampled_from(DAYS))
messages = [(uid, day) for uid in range(1, 9) for day in [dt.date(2025, 1, 1), *DAYS]]


def is_in(uid: int, day: dt.date, stretch: ReadRange) -> bool:
    return uid <= stretch.uid and (stretch.since is None or day >= stretch.since)


@given(st.lists(stretches, min_size=1))
def test_merging_changes_nothing_about_what_is_covered(scans: list[ReadRange]) -> None:
    kept: list[ReadRange] = []
    for scan in scans:
        kept = merge_read_ranges(kept, scan)
    for uid, day in messages:
        assert any(is_in(uid, day, one) for one in kept) == any(is_in(uid, day, one) for one in scans)
    assert not any(one.covers(other) for one in kept for other in kept if one is not other)


@given(st.permutations([ReadRange(n, DAYS[n]) for n in range(5)]))
def test_the_order_of_scans_does_not_matter(scans: list[ReadRange]) -> None:
    kept: list[ReadRange] = []
    for scan in scans:
        kept = merge_read_ranges(kept, scan)
    assert kept == [ReadRange(n, DAYS[n]) for n in range(5)]


def test_of_very_many_the_widest_and_the_newest_are_kept() -> None:
    kept: list[ReadRange] = []
    for number in range(100):
        kept = merge_read_ranges(
            kept, ReadRange(number, None if number == 0 else dt.date(2026, 1, 1) + dt.timedelta(days=number))
        )
    assert len(kept) == 12
    assert kept[0] == ReadRange(0, None)
    assert kept[-1].uid == 99


@given(stretches)
def test_a_stretch_survives_the_database(stretch: ReadRange) -> None:
    assert read_ranges_of([read_range_document(stretch)]) == [stretch]
