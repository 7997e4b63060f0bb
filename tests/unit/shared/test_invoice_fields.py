"""What follows from the description of an invoice's fields."""

from services.api.invoices.correction_schemas import Correction
from services.api.invoices.export.columns import COLUMNS
from shared.invoice_fields import AMOUNTS, CORRECTABLE, DATES, EXPORTED, INVOICE_FIELDS, LABELS, LONG_LABELS


def test_all_but_the_format_can_be_seen_and_corrected() -> None:
    assert set(CORRECTABLE) == set(LABELS) == set(LONG_LABELS) == set(INVOICE_FIELDS) - {"format"}
    assert tuple(Correction.model_fields) == CORRECTABLE


def test_amounts_and_dates_are_told_by_their_type() -> None:
    assert {"net", "tax", "total"} == AMOUNTS
    assert {"issue_date", "due_date"} == DATES


def test_the_columns_of_exports_keep_their_order() -> None:
    fields = "issue_date vendor vendor_tax_id invoice_number due_date currency net tax total iban kind format"
    assert COLUMNS[: len(EXPORTED)] == EXPORTED == tuple(fields.split())


def test_pages_show_the_amounts_before_the_currency() -> None:
    assert " ".join(LABELS) == (
        "vendor vendor_tax_id invoice_number issue_date due_date net tax total currency iban kind"
    )
    assert LABELS["issue_date"] == "Issued"
    assert LONG_LABELS["issue_date"] == "Issue date"
    assert LONG_LABELS["vendor"] == LABELS["vendor"] == "Vendor"
