"""The twelve months up to now in numbers, for the overview. Pure."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal

from services.api.invoices.schemas import MonthSummary


@dataclass(frozen=True)
class ThisYear:
    """Twelve months (YYYY-MM) in one currency; amounts are never added up over currencies."""

    first: str
    last: str
    months: dict[str, MonthSummary] = field(default_factory=dict)

    @classmethod
    def until(cls, month: str) -> "ThisYear":
        """The twelve months that end with `month`."""
        year, number = map(int, month.split("-"))
        first = dt.date(year - 1, number, 1) + dt.timedelta(days=31)
        return cls(first.strftime("%Y-%m"), month)

    def with_summary(self, months: list[MonthSummary]) -> "ThisYear":
        """The same twelve months, with their numbers."""
        return replace(self, months={found.month: found for found in months if found.month})

    @property
    def name(self) -> str:
        """ "November"."""
        return dt.date.fromisoformat(f"{self.last}-01").strftime("%B")

    @property
    def count(self) -> int:
        """Invoices issued in the last month."""
        found = self.months.get(self.last)
        return found.count if found else 0

    @property
    def currency(self) -> str | None:
        """The currency that most months have something in; the first by name among equals."""
        seen: dict[str, int] = {}
        for month in self.months.values():
            for currency in month.totals:
                seen[currency] = seen.get(currency, 0) + 1
        return min(seen, key=lambda currency: (-seen[currency], currency), default=None)

    @property
    def total(self) -> Decimal:
        """Of the last month in `currency`."""
        return Decimal(self._totals.get(self.currency or "", "0.00"))

    @property
    def besides(self) -> list[tuple[str, Decimal]]:
        """The last month's totals in other currencies."""
        return [(name, Decimal(total)) for name, total in self._totals.items() if name != self.currency]

    @property
    def amounts(self) -> dict[str, str]:
        """Month -> total in `currency`."""
        return {month: found.totals.get(self.currency or "", "0") for month, found in self.months.items()}

    @property
    def _totals(self) -> dict[str, str]:
        found = self.months.get(self.last)
        return found.totals if found else {}
