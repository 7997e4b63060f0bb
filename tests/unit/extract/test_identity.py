"""Consistency checks, and the identity of an invoice in several carriers."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.scanner.extract.consistency_checks import build_invoice
from services.scanner.extract.dedupe import full_key, merge, natural_key, near_duplicate_keys, normalise_vendor
from services.scanner.extract.fields import iban
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.model import Carrier, ExtractedInvoice
from shared.invoice_types import InvoiceFormat

FULL = {
    "vendor": "Kleine Leuchten GmbH", "invoice_number": "KL-7", "issue_date": date(2026, 3, 1), "currency": "EUR",
    "net": Decimal("100.00"), "tax": Decimal("19.00"), "total": Decimal("119.00"),
}  # fmt: skip


def invoice(form: InvoiceFormat = "ubl", *, part: str = "2", **changes: Any) -> ExtractedInvoice:
    draft = InvoiceDraft(format=form, source="xml")
    for name, value in {**FULL, **changes}.items():
        draft.put(name, value, locator="/x", text="x", confidence=0.95)
    carrier = Carrier(part=part, filename=None, sha256=f"{int(part):064x}", content_type="application/xml")
    return build_invoice(draft, (carrier,), date(2026, 3, 5))


def test_a_whole_invoice_passes_its_checks() -> None:
    checked = invoice(due_date=date(2026, 3, 31), iban="DE89370400440532013000")
    assert {check.name: check.ok for check in checked.checks} == {
        "net_plus_tax": True, "iban": True, "issue_date": True, "due_date": True,
    }  # fmt: skip
    assert (checked.needs_check, checked.confidence) == (False, 0.95)


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"total": Decimal("120.00")}, "net_plus_tax"),
        ({"iban": "DE00370400440532013000"}, "iban"),
        ({"issue_date": date(1970, 1, 1)}, "issue_date"),
        ({"issue_date": date(2031, 1, 1)}, "issue_date"),
        ({"due_date": date(2026, 2, 1)}, "due_date"),
    ],
)
def test_a_failed_check_asks_for_a_person(changes: dict[str, Any], failed: str) -> None:
    checked = invoice(**changes)
    assert [check.name for check in checked.checks if not check.ok] == [failed]
    assert checked.needs_check
    assert checked.confidence < 0.8


def test_a_missing_core_field_asks_for_a_person() -> None:
    checked = invoice(invoice_number=None)
    assert checked.needs_check
    assert checked.invoice_number is None


@pytest.mark.parametrize("text", ["DE89370400440532013000", "GB82WEST12345698765432", "NO9386011117947"])
def test_right_ibans_pass_and_a_changed_digit_does_not(text: str) -> None:
    assert iban.is_valid(text)
    assert not iban.is_valid(text[:-1] + str((int(text[-1]) + 1) % 10))


def test_an_iban_is_found_in_a_line_before_other_capitals() -> None:
    assert iban.find("IBAN NL91 ABNA 0417 1643 00 BIC ABNANL2A") == "NL91ABNA0417164300"
    assert iban.find("IBAN: DE00 3704 0044 0532 0130 00") == "DE00370400440532013000"
    assert iban.find("DE00 3704 0044 0532 0130 00") is None


def test_spelling_does_not_change_the_key() -> None:
    key = natural_key(invoice())
    assert len(key) == 64
    assert natural_key(invoice("pdf", part="3", vendor="KLEINE LEUCHTEN gmbh", total=Decimal("119.0"))) == key
    assert natural_key(invoice(invoice_number="kl 7")) == key
    assert natural_key(invoice(invoice_number="KL-8")) != key
    assert natural_key(invoice(total=Decimal("119.01"))) != key


def test_the_tax_id_stands_for_the_seller_where_it_is_known() -> None:
    one = invoice(vendor_tax_id="DE 111 222 333")
    assert natural_key(one) == natural_key(invoice(vendor_tax_id="DE111222333", vendor="K. Leuchten"))


DISTINCTIVE = "RE-2026-0042"


def test_a_distinctive_number_and_the_total_are_the_key_whatever_else_a_carrier_shows() -> None:
    data = invoice(invoice_number=DISTINCTIVE, vendor_tax_id="DE111222333")
    page = invoice("pdf", part="3", invoice_number=DISTINCTIVE, issue_date=None, currency=None)
    assert natural_key(data) == natural_key(page)
    assert full_key(data) != full_key(page)
    assert natural_key(data) != natural_key(invoice(invoice_number=DISTINCTIVE, total=Decimal("120.00")))


@pytest.mark.parametrize(
    "changes",
    [{"total": Decimal("125.00")}, {"issue_date": date(2026, 4, 1)}, {"invoice_number": "RE-2026-0043"}],
    ids=["another total", "another date", "another number"],
)
def test_near_duplicates_have_a_key_in_common(changes: dict[str, Any]) -> None:
    one, other = invoice(invoice_number=DISTINCTIVE), invoice("pdf", **{"invoice_number": DISTINCTIVE, **changes})
    assert set(near_duplicate_keys(one)) & set(near_duplicate_keys(other))
    assert not set(near_duplicate_keys(one)) & set(
        near_duplicate_keys(invoice(invoice_number=DISTINCTIVE, vendor="Somebody Else"))
    )


def test_a_page_that_states_another_total_than_its_data_is_the_same_invoice_and_is_flagged() -> None:
    page = invoice("pdf", part="3", invoice_number=DISTINCTIVE, total=Decimal("911.00"))
    (one,) = merge([page, invoice(invoice_number=DISTINCTIVE)])
    assert (one.format, one.total, one.needs_check) == ("ubl", Decimal("119.00"), True)
    assert [(check.name, check.detail) for check in one.checks if not check.ok] == [
        ("carriers_agree", "ubl says 119.00, pdf says 911.00")
    ]


def test_too_little_known_falls_back_on_the_document() -> None:
    bare: dict[str, Any] = {"invoice_number": None, "issue_date": None}
    assert natural_key(invoice(**bare)) != natural_key(invoice(part="3", **bare))
    assert natural_key(invoice(**bare)) == natural_key(invoice("pdf", **bare))


def test_carriers_of_one_invoice_are_merged_by_trust() -> None:
    merged = merge([invoice("pdf", part="3"), invoice("ubl", part="2")])
    assert [(one.format, [carrier.part for carrier in one.carriers]) for one in merged] == [("ubl", ["2", "3"])]


def test_a_lesser_reading_with_the_same_total_is_a_rendition() -> None:
    order_number_taken = invoice("pdf", part="3", invoice_number="ORDER-1")
    assert len(merge([order_number_taken, invoice()])) == 1
    assert len(merge([invoice("pdf", part="3", invoice_number="X-1", total=Decimal("5.00")), invoice()])) == 2


def test_two_documents_of_equal_trust_with_other_numbers_stay_two() -> None:
    assert len(merge([invoice("pdf"), invoice("pdf", part="3", invoice_number="KL-8")])) == 2


def test_legal_forms_and_accents_do_not_part_vendors() -> None:
    assert normalise_vendor("Café Żółw Sp. z o.o.") == normalise_vendor("CAFE żołw")
    assert normalise_vendor("GmbH") == "gmbh"
