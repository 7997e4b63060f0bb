"""Columns of a spreadsheet of invoices, and the protection of its cells against formulas."""

from typing import Any

from shared.invoice_fields import EXPORTED

COLUMNS = (
    *EXPORTED,
    "confidence",
    "needs_check",
    "near_duplicate_of",
    "corrected",
    "id",
    "account_id",
    "task_id",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Also the full-width forms, which some programs fold to the plain ones. Source: OWASP, CSV
Injection."""


def value_of(document: dict[str, Any], column: str) -> Any:
    """Return the stored value of a column."""
    if column == "id":
        return document["_id"]
    if column == "corrected":
        return " ".join(sorted(document.get("corrections") or {}))
    return document.get(column)


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe in front marks it as
    text."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
