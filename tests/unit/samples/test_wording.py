"""Amounts and dates as each country writes them, and exact arithmetic."""

from datetime import date
from decimal import Decimal

import pytest

from samples.identifiers import passes_mod97
from samples.language import LANGUAGES
from samples.model import Invoice, Line
from samples.regions import REGIONS, Wording
from samples.vendors import VENDORS

CASES = [
    ("GB", "GBP", "£1,234.50", "3 March 2026", "03/03/2026"),
    ("US", "USD", "$1,234.50", "March 3, 2026", "03/03/2026"),
    ("DE", "EUR", "1.234,50 €", "3. März 2026", "03.03.2026"),
    ("CH", "CHF", "CHF 1'234.50", "3. März 2026", "03.03.2026"),
    ("FR", "EUR", "1\N{NO-BREAK SPACE}234,50 €", "3 mars 2026", "03/03/2026"),
    ("IT", "EUR", "1.234,50 €", "3 marzo 2026", "03/03/2026"),
    ("ES", "EUR", "1.234,50 €", "3 de marzo de 2026", "03/03/2026"),
    ("NL", "EUR", "€ 1.234,50", "3 maart 2026", "03-03-2026"),
]


@pytest.mark.parametrize(("country", "currency", "money", "long", "short"), CASES)
def test_a_country_writes_its_own_way(country: str, currency: str, money: str, long: str, short: str) -> None:
    region = REGIONS[country]
    day = date(2026, 3, 3)
    in_words = Wording(region, LANGUAGES[region.language], currency, long_dates=True, symbols=True)
    in_digits = Wording(region, LANGUAGES[region.language], currency, long_dates=False, symbols=True)
    assert in_words.money(Decimal("1234.50")) == money
    assert (in_words.date(day), in_digits.date(day)) == (long, short)


def test_tax_is_rounded_once_for_each_rate() -> None:
    vendor = VENDORS[0]
    lines = (
        Line("one", 3, Decimal("0.33"), Decimal(20)),
        Line("two", 1, Decimal("0.33"), Decimal(20)),
        Line("three", 1, Decimal("0.50"), Decimal(5)),
    )
    invoice = Invoice("invoice", vendor, vendor, "1", date(2026, 1, 1), None, lines)
    # 1.32 at 20 % is 0.264, 0.50 at 5 % is 0.025
    assert [(share.basis, share.tax) for share in invoice.shares] == [
        (Decimal("1.32"), Decimal("0.26")),
        (Decimal("0.50"), Decimal("0.03")),
    ]
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("1.82"), Decimal("0.29"), Decimal("2.11"))


def test_a_wrong_digit_fails_the_check_of_an_account_number() -> None:
    assert passes_mod97("GB82WEST12345698765432")  # the example of the IBAN registry
    assert not passes_mod97("GB82WEST12345698765433")


def test_vendors_have_one_name_and_one_domain_each() -> None:
    assert len({vendor.name for vendor in VENDORS}) == len(VENDORS)
    assert len({vendor.domain for vendor in VENDORS}) == len(VENDORS)
