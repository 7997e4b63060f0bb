"""Search of the invoice list, from its URL: the filters of the API, and named date ranges."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from services.api.http.problems import Problem
from services.api.invoices.filter import InvoiceFilter, InvoiceSort

_YEARS_BACK = 2
SORTS: tuple[InvoiceSort, ...] = ("-issue_date", "issue_date", "-total", "total", "vendor")
_FLAGS = ("needs_check", "near_duplicate")


@dataclass(frozen=True)
class DateRange:
    """A choice of issue dates: its name in the URL, its label, first and last date."""

    name: str
    label: str
    first: dt.date
    last: dt.date | None = None


def date_ranges(today: dt.date) -> list[DateRange]:
    """Return the choices on the day `today`."""
    month = today.replace(day=1)
    years = [
        DateRange(str(year), str(year), dt.date(year, 1, 1), dt.date(year, 12, 31))
        for year in range(today.year, today.year - _YEARS_BACK - 1, -1)
    ]
    return [
        DateRange("month", "This month", month),
        DateRange("3months", "Last 3 months", _months_before(month, 2)),
        DateRange("12months", "Last 12 months", _months_before(month, 11)),
        *years,
    ]


@dataclass(frozen=True)
class InvoiceSearch:
    """Filters and order of the list, and the name of the date range that set its dates."""

    filter: InvoiceFilter
    sort: InvoiceSort
    span: str
    query: Mapping[str, str]
    """The parameters of the URL that are not empty."""

    @classmethod
    def of(cls, query: Mapping[str, str], today: dt.date) -> "InvoiceSearch":
        """Parse the parameters of a URL; forms send empty ones.

        Raises `Problem` for an invalid value.
        """
        query_values = {name: value for name, value in query.items() if value}
        span = next((candidate for candidate in date_ranges(today) if candidate.name == query_values.get("span")), None)
        allowed = {field.alias or name for name, field in InvoiceFilter.model_fields.items()}
        filters: dict[str, str | None] = {name: value for name, value in query_values.items() if name in allowed}
        if span:
            dates = {"from": span.first, "to": span.last}
            filters = {**filters, **{name: day.isoformat() if day else None for name, day in dates.items()}}
        try:
            invoice_filter = InvoiceFilter.model_validate(filters)
        except ValidationError:
            raise Problem("invalid_request", "A filter in this address has an invalid value.") from None
        sort = next((candidate for candidate in SORTS if candidate == query_values.get("sort")), SORTS[0])
        return cls(invoice_filter, sort, span.name if span else "", query_values)

    @property
    def without_flags(self) -> InvoiceFilter:
        """Return the filter without the flags: the two chips count within it."""
        return self.filter.model_copy(update=dict.fromkeys(_FLAGS))

    @property
    def has_flags(self) -> bool:
        """Return whether one of the chips is selected."""
        return any(getattr(self.filter, name) is not None for name in _FLAGS)

    @property
    def is_narrowed(self) -> bool:
        """Return whether any filter is set."""
        return self.filter != InvoiceFilter()


def _months_before(month: dt.date, months: int) -> dt.date:
    number = month.year * 12 + month.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)
