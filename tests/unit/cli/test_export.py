"""Exports for spreadsheets and programs."""

import csv
import io
import json

import pytest

from cli.invoices import write_csv, write_json
from tests.unit.cli.builders import Json, invoice


def _csv(*invoices: Json) -> list[dict[str, str]]:
    target = io.StringIO(newline="")
    write_csv(invoices, target)
    return list(csv.DictReader(io.StringIO(target.getvalue(), newline="")))


def test_a_row_holds_the_fields_under_the_names_of_the_api() -> None:
    [row] = _csv(invoice(vendor='Kestrel, "Cloud"\nLtd'))
    assert row["vendor"] == 'Kestrel, "Cloud"\nLtd'
    assert (row["invoice_number"], row["currency"], row["total"]) == ("KC-2026-11841", "EUR", "1284.50")
    assert (row["net"], row["needs_check"]) == ("", "no")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_starts_a_formula_is_made_safe(start: str) -> None:
    assert _csv(invoice(vendor=f"{start}HYPERLINK(1)"))[0]["vendor"] == f"'{start}HYPERLINK(1)"


def test_a_negative_amount_stays_a_number() -> None:
    assert _csv(invoice(total="-12.50"))[0]["total"] == "-12.50"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_json_is_one_array(number: int) -> None:
    target = io.StringIO()
    write_json([invoice() for _ in range(number)], target)
    assert json.loads(target.getvalue()) == [invoice()] * number
