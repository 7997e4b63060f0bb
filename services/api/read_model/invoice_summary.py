"""Invoices in numbers: counts, and totals by currency and month."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from bson import Decimal128

from services.api.schemas import InvoiceSummary, MonthSummary
from shared.mongo import Document

GROUP: Document = {
    "_id": {
        "month": {"$substrBytes": [{"$ifNull": ["$issue_date", ""]}, 0, 7]},
        "currency": "$currency",
        "kind": "$kind",
    },
    "count": {"$sum": 1},
    "total": {"$sum": "$total"},
    "subtracted": {"$sum": {"$abs": "$total"}},
    "to_check": {"$sum": {"$cond": ["$needs_check", 1, 0]}},
    "near_duplicates": {"$sum": {"$cond": [{"$ifNull": ["$near_duplicate_of", False]}, 1, 0]}},
}
"""By month, currency and kind."""


def summary_of(groups: list[Document]) -> InvoiceSummary:
    """The groups, added up."""
    kinds: dict[Any, int] = {"invoice": 0, "receipt": 0, "credit_note": 0}
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    months: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        month, kind = group["_id"]["month"], group["_id"]["kind"]
        kinds[kind] += group["count"]
        counts[month] += group["count"]
        currency = group["_id"].get("currency")
        if currency is not None:
            amount = -_decimal(group["subtracted"]) if kind == "credit_note" else _decimal(group["total"])
            totals[currency] += amount
            months[month][currency] += amount
    return InvoiceSummary(
        count=sum(counts.values()),
        kinds=kinds,
        to_check=sum(group["to_check"] for group in groups),
        near_duplicates=sum(group["near_duplicates"] for group in groups),
        totals=_plain(totals),
        months=[
            MonthSummary(month=month or None, count=counts[month], totals=_plain(months[month]))
            for month in sorted(counts, reverse=True)
        ],
    )


def _decimal(amount: Decimal128 | int) -> Decimal:
    """A sum of Decimal128; MongoDB gives the number 0 for a sum of nothing."""
    return amount.to_decimal() if isinstance(amount, Decimal128) else Decimal(amount)


def _plain(totals: dict[str, Decimal]) -> dict[str, str]:
    return {currency: format(total, "f") for currency, total in sorted(totals.items())}
