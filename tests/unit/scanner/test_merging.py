"""One record of many readings: a function of the set of readings, whatever their order."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.scanner.repository.merging import Reading, invoice_ids, merge, without_account
from shared.invoice_types import InvoiceFormat
from shared.mongo import Document
from tests.support.readings import reading

FORMATS: tuple[InvoiceFormat, ...] = ("ubl", "cii", "factur-x", "json-ld", "pdf", "html", "text")


def merged(readings: list[Reading]) -> Document:
    kept = dict(readings[0].record)
    for one in readings[1:]:
        kept.update(merge(kept, one.record))
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
    candidates: tuple[InvoiceFormat, ...] = ("html", "ubl", "pdf")
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


def in_account(one: Reading, account_id: str) -> Reading:
    return replace(one, place=replace(one.place, account_id=account_id))


def stored(readings: list[Reading]) -> Document:
    return {**merged(readings), "account_id": readings[0].place.account_id}


def test_without_its_only_account_nothing_of_a_record_is_left() -> None:
    assert (
        without_account(stored([in_account(reading("ubl", 1), "a"), in_account(reading("pdf", 2), "a")]), "a") is None
    )


def test_the_values_of_another_account_stay_as_they_are_with_their_evidence() -> None:
    both = stored([in_account(reading("html", 1), "a"), in_account(reading("ubl", 2), "b")])
    changes = without_account(both, "a") or {}
    assert [carrier["uid"] for carrier in changes.pop("carriers")] == [2]
    assert changes == {}


def test_the_same_document_in_another_account_keeps_its_trust() -> None:
    ubl = reading("ubl", 1)
    both = stored([in_account(ubl, "a"), in_account(ubl, "b"), in_account(reading("html", 2), "b")])
    left = {**both, **(without_account(both, "a") or {})}
    assert left == stored([in_account(ubl, "b"), in_account(reading("html", 2), "b")]) | {"account_id": "a"}


def test_values_of_a_document_that_is_gone_give_way_to_the_next_reading() -> None:
    html = in_account(reading("html", 2), "b")
    both = stored([in_account(reading("ubl", 1), "a"), html, in_account(reading("text", 3), "c")])
    left = {**both, **(without_account(both, "a") or {})}
    left |= without_account(left, "c") or {}
    assert (left["vendor"], left["evidence"]) == ("Vendor by ubl", {})
    assert {**left, **merge(left, html.record)}["vendor"] == "Vendor by html"


def test_carriers_of_an_older_version_belong_to_the_account_of_their_record() -> None:
    old = stored([in_account(reading("ubl", 1), "a")])
    old["carriers"] = [{k: v for k, v in carrier.items() if k != "_places"} for carrier in old["carriers"]]
    assert without_account(old, "a") is None
    changes = merge(old, in_account(reading("ubl", 1), "b").record)
    assert [place.partition("/")[0] for place in changes["carriers"][0]["_places"]] == ["a", "b"]


def test_the_same_invoice_of_two_users_is_two_records() -> None:
    mine, yours = reading("ubl", 1, user_id="me"), reading("ubl", 1, user_id="you")
    assert invoice_ids("me", mine.invoice) != invoice_ids("you", yours.invoice)
    assert invoice_ids("me", mine.invoice) == invoice_ids("me", reading("html", 5).invoice)
