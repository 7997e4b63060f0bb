"""The known content of the sample mailboxes, to compare with what was found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

FIELDS = ("total", "invoice_number", "issue_date")


def read_expected(path: Path) -> list[Row]:
    """Read one row per message, as `samples` wrote them."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def invoices_of(expected_rows: Iterable[Row], mailbox: str) -> list[Row]:
    """Return the invoices of a mailbox, each once however many messages carry it."""
    return [
        row
        for row in expected_rows
        if row["mailbox"] == mailbox and row["label"] == "invoice" and row["duplicate_of"] is None
    ]


def is_found(row: Row, invoices: Iterable[Row], fields: Sequence[str] = FIELDS) -> bool:
    """Return whether one of the invoices was carried by this message and has the right values in
    `fields`."""
    return any(
        any(carrier["message_id"] == row["message_id"] for carrier in invoice["carriers"])
        and all(_equal(field, row["expected"].get(field), invoice[field]) for field in fields)
        for invoice in invoices
    )


def _equal(field: str, expected: str | None, value: str | None) -> bool:
    if field == "total" and expected is not None and value is not None:
        return Decimal(expected) == Decimal(value)
    return expected == value
