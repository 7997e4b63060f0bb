"""Response models of invoices."""

from pydantic import BaseModel, Field

from shared.invoice_types import InvoiceKind
from shared.invoices import Invoice


class InvoicePage(BaseModel):
    """A page of invoices in the requested order."""

    items: list[Invoice]
    next_cursor: str | None


class MonthSummary(BaseModel):
    """The invoices issued in one month."""

    month: str | None = Field(description="YYYY-MM; null for invoices without an issue date")
    count: int
    totals: dict[str, str]


class InvoiceSummary(BaseModel):
    """Invoices in numbers. Totals are decimal strings by currency; credit notes are subtracted."""

    count: int
    kinds: dict[InvoiceKind, int]
    to_check: int
    near_duplicates: int
    totals: dict[str, str]
    currencies: dict[str, int] = Field(description="currency -> number of invoices in it")
    months: list[MonthSummary]
