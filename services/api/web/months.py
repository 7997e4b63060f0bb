"""Totals of the last twelve months, for the overview. Pure."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal

from services.api.invoices.schemas import MonthSummary


@dataclass(frozen=True)
class TwelveMonths:
    """Twelve months (YYYY-MM) in one currency; currencies are never added up."""

    first: str
    last: str
    months: dict[str, MonthSummary] = field(default_factory=dict)

    @classmethod
    def until(cls, month: str) -> "TwelveMonths":
        """Return the twelve months that end with `month` (YYYY-MM)."""
        year, number = map(int, month.split("-"))
        first = dt.date(year - 1, number, 1) + dt.timedelta(days=31)
        return cls(first.strftime("%Y-%m"), month)

    def with_summary(self, months: list[MonthSummary]) -> "TwelveMonths":
        """Return the same months with their numbers."""
        return replace(self, months={summary.month: summary for summary in months if summary.month})

    @property
    def name(self) -> str:
        """Return the name of the last month, such as "November"."""
        return dt.date.fromisoformat(f"{self.last}-01").strftime("%B")

    @property
    def count(self) -> int:
        """Return the number of invoices issued in the last month."""
        summary = self.months.get(self.last)
        return summary.count if summary else 0

    @property
    def currency(self) -> str | None:
        """Return the currency that occurs in most months, the first by name among equals."""
        months_per_currency: dict[str, int] = {}
        for month in self.months.values():
            for currency in month.totals:
                months_per_currency[currency] = months_per_currency.get(currency, 0) + 1
        return min(months_per_currency, key=lambda currency: (-months_per_currency[currency], currency), default=None)

    @property
    def total(self) -> Decimal:
        """Return the total of the last month in `currency`."""
        return Decimal(self._totals.get(self.currency or "", "0.00"))

    @property
    def other_currencies(self) -> list[tuple[str, Decimal]]:
        """Return the last month's totals in other currencies."""
        return [(name, Decimal(total)) for name, total in self._totals.items() if name != self.currency]

    @property
    def amounts(self) -> dict[str, str]:
        """Return month -> total in `currency`."""
        return {month: summary.totals.get(self.currency or "", "0") for month, summary in self.months.items()}

    @property
    def _totals(self) -> dict[str, str]:
        summary = self.months.get(self.last)
        return summary.totals if summary else {}
