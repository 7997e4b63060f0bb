"""Comparing what was found with what is known to be there."""

from typing import Any

import pytest

from tests.unit.cli.builders import invoice
from tools.demo.expected import invoices_of, is_found

ROW = {
    "mailbox": "ada",
    "message_id": "<1@example.org>",
    "label": "invoice",
    "duplicate_of": None,
    "expected": {"total": "1284.5", "invoice_number": "KC-2026-11841", "issue_date": "2026-11-12"},
}


def _found(**changes: Any) -> dict[str, Any]:
    return invoice(carriers=[{"message_id": "<0@x>"}, {"message_id": "<1@example.org>"}]) | changes


def test_an_invoice_counts_when_one_of_its_carriers_is_the_message_and_the_values_are_equal() -> None:
    assert is_found(ROW, [invoice(carriers=[]), _found()])


@pytest.mark.parametrize(
    "changes",
    [{"total": "1284.51"}, {"total": None}, {"invoice_number": "other"}, {"issue_date": None}, {"carriers": []}],
)
def test_an_invoice_with_a_wrong_value_does_not_count(changes: dict[str, Any]) -> None:
    assert not is_found(ROW, [_found(**changes)])


def test_only_the_named_fields_are_compared() -> None:
    assert is_found(ROW, [_found(invoice_number="other")], fields=("total",))


def test_each_invoice_is_known_once_however_many_messages_carry_it() -> None:
    copies = [ROW, {**ROW, "duplicate_of": ROW["message_id"]}, {**ROW, "label": "none"}, {**ROW, "mailbox": "bruno"}]
    assert invoices_of(copies, "ada") == [ROW]
