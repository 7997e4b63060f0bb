"""What the list of invoices is filtered by, as its address says: the same filters as the API's, and spans by name."""

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
class Span:
    """A choice of issue dates: its name in addresses, its words, and its ends."""

    name: str
    words: str
    first: dt.date
    last: dt.date | None = None


def spans(today: dt.date) -> list[Span]:
    """What can be chosen on a day."""
    month = today.replace(day=1)
    years = [
        Span(str(year), str(year), dt.date(year, 1, 1), dt.date(year, 12, 31))
        for year in range(today.year, today.year - _YEARS_BACK - 1, -1)
    ]
    return [
        Span("month", "This month", month),
        Span("3months", "Last 3 months", _months_before(month, 2)),
        Span("12months", "Last 12 months", _months_before(month, 11)),
        *years,
    ]


@dataclass(frozen=True)
class InvoiceSearch:
    """One list of invoices: its filters, its order, and the span that gave its dates."""

    wanted: InvoiceFilter
    sort: InvoiceSort
    span: str
    query: Mapping[str, str]
    """What is set, as in the address."""

    @classmethod
    def of(cls, query: Mapping[str, str], today: dt.date) -> "InvoiceSearch":
        """From the parameters of an address, of which forms send empty ones; a `Problem` for a value that is none."""
        given = {name: value for name, value in query.items() if value}
        span = next((one for one in spans(today) if one.name == given.get("span")), None)
        names = {field.alias or name for name, field in InvoiceFilter.model_fields.items()}
        filters: dict[str, str | None] = {name: value for name, value in given.items() if name in names}
        if span:
            dates = {"from": span.first, "to": span.last}
            filters = {**filters, **{name: day.isoformat() if day else None for name, day in dates.items()}}
        try:
            wanted = InvoiceFilter.model_validate(filters)
        except ValidationError:
            raise Problem("invalid_request", "A filter in this address has a value that does not fit it.") from None
        sort = next((one for one in SORTS if one == given.get("sort")), SORTS[0])
        return cls(wanted, sort, span.name if span else "", given)

    @property
    def without_flags(self) -> InvoiceFilter:
        """The same whether or not somebody should look at them: what the two chips count."""
        return self.wanted.model_copy(update=dict.fromkeys(_FLAGS))

    @property
    def has_flags(self) -> bool:
        """Whether one of the chips is chosen."""
        return any(getattr(self.wanted, name) is not None for name in _FLAGS)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order is chosen."""
        return self.wanted != InvoiceFilter()


def _months_before(month: dt.date, months: int) -> dt.date:
    number = month.year * 12 + month.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)
