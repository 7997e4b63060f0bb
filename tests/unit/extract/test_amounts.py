"""Amounts and dates in text: the document decides the notation, not the number."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scanner.extract.fields.amount_parser import DecimalSign, amounts_in, decimal_sign, named_currency
from services.scanner.extract.fields.date_parser import date_order, dates_in
from services.scanner.extract.lexicon.normalise import fold


@pytest.mark.parametrize(
    ("text", "sign", "value", "currency"),
    [
        ("1.234,56 EUR", ",", "1234.56", "EUR"),
        ("$1,234.56", ".", "1234.56", "USD"),
        ("1 234,50 zł", ",", "1234.50", "PLN"),
        ("CHF 1'250.00", ".", "1250.00", "CHF"),
        ("EUR 27,80", ".", "27.80", "EUR"),
        ("1,500", ".", "1500", None),
        ("1.500", ",", "1500", None),
        ("-£3.20", ".", "-3.20", "GBP"),
        ("C$ 12.00", ".", "12.00", "CAD"),
    ],
)
def test_an_amount_is_read_in_its_notation(text: str, sign: DecimalSign, value: str, currency: str | None) -> None:
    (amount,) = amounts_in(text, sign)
    assert (amount.value, amount.currency) == (Decimal(value), currency)


@pytest.mark.parametrize("text", ["19 %", "2026-03-01", "12:30", "A4711B", "01/02/2026", "10.10.2026"])
def test_percentages_dates_times_and_codes_are_no_amounts(text: str) -> None:
    assert amounts_in(text, ".") == []


def test_the_decimal_sign_is_what_most_numbers_say() -> None:
    assert decimal_sign(["1.234,56", "27,80", "1.000"]) == ","
    assert decimal_sign(["1,234.56", "27.80", "1,000"]) == "."
    assert decimal_sign(["no numbers"]) == "."


def test_a_bare_dollar_beside_another_dollars_code_means_that_one() -> None:
    assert named_currency(["Total $10.00", "All amounts in CAD"]) == "CAD"
    assert named_currency(["nothing"]) is None


@given(value=st.decimals("0.00", "999999.99", places=2), sign=st.sampled_from([".", ","]), grouped=st.booleans())
def test_every_written_amount_is_read_back(value: Decimal, sign: DecimalSign, grouped: bool) -> None:
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    if sign == ",":
        text = text.translate(str.maketrans(".,", ",."))
    assert [amount.value for amount in amounts_in(f"€ {text}", sign)] == [value]


@pytest.mark.parametrize(
    "text",
    ["2026-03-04", "4 March 2026", "March 4, 2026", "4. März 2026", "4 mars 2026", "4 de marzo de 2026", "4 mrt 2026",
     "4 marca 2026", "04.03.2026", "4.3.26", "Wed Mar 4 2026", "4th of March 2026"],
)  # fmt: skip
def test_a_date_is_read_in_its_language(text: str) -> None:
    assert [found.value for found in dates_in(text, "dmy")] == [date(2026, 3, 4)]


def test_the_order_of_day_and_month_is_detected_by_the_dates_that_allow_only_one() -> None:
    assert date_order(["02/07/2026", "02/13/2026"], american=False) == "mdy"
    assert date_order(["02/07/2026", "13/02/2026"], american=True) == "dmy"
    assert date_order(["02/07/2026"], american=True) == "mdy"
    assert dates_in("02/07/2026", "dmy")[0].value == date(2026, 7, 2)


def test_impossible_dates_are_none() -> None:
    assert dates_in("31.02.2026 and 2026-13-01 and 99/99/9999", "dmy") == []


@given(st.text())
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(alphabet="0123456789.,' €$-/:%EUR \n", max_size=60), st.sampled_from([".", ","]))
def test_no_text_breaks_the_readers(text: str, sign: DecimalSign) -> None:
    assert all(text[amount.start : amount.end] for amount in amounts_in(text, sign))
    dates_in(text, "mdy")
