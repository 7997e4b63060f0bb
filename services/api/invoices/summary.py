"""Summaries of invoices: counts, and totals by currency and month."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bson import Decimal128

from services.api.invoices.schemas import InvoiceSummary, MonthSummary
from shared.mongo import Document

MONTHS: Document = {
    "_id": {
        "month": {"$substrBytes": [{"$ifNull": ["$issue_date", ""]}, 0, 7]},
        "currency": "$currency",
        "kind": "$kind",
    },
    "count": {"$sum": 1},
    "total": {"$sum": "$total"},
    "subtracted": {"$sum": {"$abs": "$total"}},
}
"""Groups by month, currency and kind; an index covers them."""

GROUP: Document = {
    **MONTHS,
    "to_check": {"$sum": {"$cond": ["$needs_check", 1, 0]}},
    "near_duplicates": {"$sum": {"$cond": [{"$ifNull": ["$near_duplicate_of", False]}, 1, 0]}},
}
"""`MONTHS` with the counts of invoices to check and of near duplicates."""


def summary_of(groups: list[Document]) -> InvoiceSummary:
    """Sum up the groups of `GROUP`."""
    kinds: dict[Any, int] = {"invoice": 0, "receipt": 0, "credit_note": 0}
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    currencies: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        kinds[group["_id"]["kind"]] += group["count"]
        for currency, amount in _amount(group):
            totals[currency] += amount
            currencies[currency] += group["count"]
    return InvoiceSummary(
        count=sum(group["count"] for group in groups),
        kinds=kinds,
        to_check=sum(group["to_check"] for group in groups),
        near_duplicates=sum(group["near_duplicates"] for group in groups),
        totals=_plain(totals),
        currencies=dict(sorted(currencies.items(), key=lambda item: (-item[1], item[0]))),
        months=months_of(groups),
    )


def months_of(groups: list[Document]) -> list[MonthSummary]:
    """Sum up the groups of `MONTHS` or `GROUP` by month, newest first."""
    months: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        month = group["_id"]["month"]
        counts[month] += group["count"]
        for currency, amount in _amount(group):
            months[month][currency] += amount
    return [
        MonthSummary(month=month or None, count=counts[month], totals=_plain(months[month]))
        for month in sorted(counts, reverse=True)
    ]


def _amount(group: Document) -> Iterator[tuple[str, Decimal]]:
    """Yield the currency and the amount of a group, if it has them."""
    currency = group["_id"].get("currency")
    if currency is not None:
        is_credit = group["_id"]["kind"] == "credit_note"
        yield currency, -_decimal(group["subtracted"]) if is_credit else _decimal(group["total"])


def _decimal(amount: Decimal128 | int) -> Decimal:
    """Convert a sum of Decimal128; MongoDB gives the number 0 for a sum of nothing."""
    return amount.to_decimal() if isinstance(amount, Decimal128) else Decimal(amount)


def _plain(totals: dict[str, Decimal]) -> dict[str, str]:
    return {currency: format(total, "f") for currency, total in sorted(totals.items())}
