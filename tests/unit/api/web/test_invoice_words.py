"""How invoices are shown, searched for on their pages, and typed in."""

import datetime as dt
from decimal import Decimal

import pytest

from services.api.http.problems import Problem
from services.api.web.correction_input import parse_correction
from services.api.web.evidence import Box, evidence_box, invoice_fields, location_text
from services.api.web.highlight_terms import highlight_terms
from services.api.web.invoice_search import InvoiceSearch
from shared.invoices import Invoice, InvoiceCorrection, InvoiceEvidence

NOW = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)
TODAY = NOW.date()


def an_invoice(**fields: object) -> Invoice:
    known = {"id": "i", "user_id": "u", "account_id": "a", "task_id": "t", "format": "ubl", "confidence": 0.9}
    return Invoice.model_validate({**known, "found_at": NOW, **fields})


def evidence(locator: str, *, source: str = "pdf", text: str = "") -> InvoiceEvidence:
    return InvoiceEvidence(source=source, locator=locator, text=text, confidence=0.99)


@pytest.mark.parametrize(
    ("written", "typed"),
    [("1284.50", "1284.50"), ("1,284.50", "1284.50"), ("1.284,50", "1284.50"), ("1 284,5", "1284.5"), ("-3", "-3")],
)
def test_amounts_are_understood_as_people_write_them(written: str, typed: str) -> None:
    assert parse_correction("total", written).model_dump()["total"] == typed


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("total", "a lot", "Enter an amount, such as 1284.50."),
        ("due_date", "tomorrow", "Enter a date."),
        ("iban", "DE1", "Enter an IBAN, such as DE89 3704 0044 0532 0130 00."),
        ("kind", "bill", "Choose one of the three kinds."),
    ],
)
def test_what_does_not_fit_is_told_beside_the_field(name: str, typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        parse_correction(name, typed)


def test_an_amount_is_looked_for_as_any_country_writes_it() -> None:
    found = highlight_terms(an_invoice(total=Decimal("1284.50"), issue_date=dt.date(2026, 11, 2)))
    assert {"1,284.50", "1.284,50", "1 284,50", "1'284.50", "1284,50"} <= set(found["total"])
    assert {"02.11.2026", "2.11.2026", "2026-11-02", "2 Nov 2026", "November 2, 2026"} <= set(found["issue_date"])


def test_what_was_read_from_the_page_or_typed_in_is_not_looked_for() -> None:
    corrected = InvoiceCorrection(value="X", found="Y", by="ada", at=NOW)
    place = evidence("page 1 box 1,2,3,4")
    invoice = an_invoice(vendor="X", total=Decimal(1), evidence={"total": place}, corrections={"vendor": corrected})
    assert highlight_terms(invoice) == {}


def test_a_place_on_a_page_is_told_and_gets_some_room() -> None:
    found = evidence("page 2 box 10.0,20.0,30.0,25.0", text="Total 7")
    assert location_text(found) == "\u201cTotal 7\u201d, page 2"
    assert evidence_box(found) == Box(page=2, x=7.0, y=17.0, width=26.0, height=11.0)
    assert location_text(evidence("/*/b:ID", source="xml", text="L-12")) == "\u201cL-12\u201d, from the e-invoice data"
    assert evidence_box(evidence("/*/b:ID", source="xml")) is None


def test_a_corrected_field_keeps_what_was_found() -> None:
    corrected = InvoiceCorrection(value="2026-11-30", found="2026-11-26", by="ada", at=NOW)
    fields = invoice_fields(an_invoice(due_date=dt.date(2026, 11, 30), corrections={"due_date": corrected}))
    (due,) = (field for field in fields if field.name == "due_date")
    assert (due.display_value, due.found_value, due.input_type) == ("30 Nov 2026", "26 Nov 2026", "date")


def test_a_span_gives_the_dates_and_wins_over_them() -> None:
    search = InvoiceSearch.of({"span": "3months", "q": "", "from": "2020-01-01", "sort": "-total"}, TODAY)
    assert (search.filter.issued_from, search.filter.issued_to, search.filter.q) == (dt.date(2026, 9, 1), None, None)
    assert (search.sort, search.span, search.is_narrowed) == ("-total", "3months", True)


def test_the_chips_count_whatever_is_chosen_of_them() -> None:
    search = InvoiceSearch.of({"needs_check": "true", "currency": "EUR"}, TODAY)
    assert search.has_flags
    assert (search.without_flags.needs_check, search.without_flags.currency) == (None, "EUR")


def test_a_filter_that_is_none_is_refused() -> None:
    with pytest.raises(Problem, match="invalid_request"):
        InvoiceSearch.of({"from": "yesterday"}, TODAY)
