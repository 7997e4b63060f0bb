"""One record of many readings: a function of the set of readings, whatever their order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.scanner.extract.model import Format
from services.scanner.repository.merging import Reading, invoice_id, merge, record
from shared.mongo import Document
from tests.support.readings import reading

FORMATS: tuple[Format, ...] = ("ubl", "cii", "factur-x", "json-ld", "pdf", "html", "text")


def merged(readings: list[Reading]) -> Document:
    kept = record(readings[0])
    for one in readings[1:]:
        kept.update(merge(kept, record(one)))
    return kept


READINGS = st.lists(
    st.builds(
        reading,
        st.sampled_from(FORMATS),
        st.integers(1, 6),
        confidence=st.sampled_from([0.5, 0.9]),
        day=st.sampled_from([1, 2, None]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.place.uid,
)


@given(readings=READINGS, data=st.data())
def test_the_order_of_the_readings_and_their_repetition_make_no_difference(
    readings: list[Reading], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(readings + readings[:2]))
    assert merged(shuffled) == merged(readings)


def test_the_values_come_from_the_most_trusted_format() -> None:
    candidates: tuple[Format, ...] = ("html", "ubl", "pdf")
    for kinds in itertools.permutations(candidates):
        both = merged([reading(kind, uid) for uid, kind in enumerate(kinds, start=1)])
        assert both["format"] == "ubl"
        assert both["vendor"] == "Vendor by ubl"
        assert [carrier["uid"] for carrier in both["carriers"]] == [1, 2, 3]


def test_of_equally_trusted_readings_the_surer_one_counts() -> None:
    assert merged([reading("pdf", 1, confidence=0.5), reading("pdf", 2, confidence=0.9)])["confidence"] == 0.9


def test_the_message_is_the_earliest_one() -> None:
    both = merged([reading("ubl", 1, day=9), reading("html", 2, day=3), reading("html", 3, day=None)])
    assert both["message"]["message_id"] == "<2@example.org>"


def test_the_same_invoice_of_two_users_is_two_records() -> None:
    mine, yours = reading("ubl", 1, user_id="me"), reading("ubl", 1, user_id="you")
    assert invoice_id("me", mine.invoice) != invoice_id("you", yours.invoice)
    assert invoice_id("me", mine.invoice) == invoice_id("me", reading("html", 5).invoice)
