"""Reader of invoices: search, single invoices, summaries, and all of them in order."""

from collections.abc import AsyncIterator
from typing import Any

from bson import Decimal128

from services.api.http import cursors
from services.api.invoices import keyset_paging
from services.api.invoices.corrected_view import FOUND_VALUES, CorrectedInvoices
from services.api.invoices.filter import InvoiceFilter, InvoiceSort
from services.api.invoices.schemas import InvoicePage, InvoiceSummary, MonthSummary
from services.api.invoices.summary import GROUP, MONTHS, months_of, summary_of
from shared.invoice_fields import AMOUNTS
from shared.invoices import Invoice
from shared.mongo import Database, Document


class InvoiceReader:
    """Reads `invoices` with people's corrections applied."""

    def __init__(self, database: Database) -> None:
        self._raw = database["invoices"]
        self._invoices = CorrectedInvoices(database)

    async def find(self, user_id: str, invoice_id: str) -> tuple[Invoice, str] | None:
        """Return the user's invoice and its entity tag."""
        document = await self._invoices.find(user_id, invoice_id)
        return (read_invoice(document), etag_of(document)) if document else None

    async def page(
        self, user_id: str, criteria: InvoiceFilter, *, sort: InvoiceSort, limit: int, cursor: str | None
    ) -> InvoicePage:
        """Return a page of the matching invoices."""
        field, direction = sort.removeprefix("-"), keyset_paging.direction(sort)
        conditions = criteria.conditions()
        if cursor is not None:
            named, value, last_id = cursors.decode(cursor, str, (str, type(None)), str)
            if named != sort:
                raise cursors.invalid()
            conditions = {
                "$and": [conditions, keyset_paging.after(field, direction, _sort_value(field, value), last_id)]
            }
        found = self._invoices.in_order(user_id, conditions, sort=sort, limit=limit + 1)
        documents = [document async for document in found]
        items = documents[:limit]
        more = len(documents) > limit
        return InvoicePage(
            items=[read_invoice(document) for document in items],
            next_cursor=cursors.encode(sort, _text(items[-1].get(field)), items[-1]["_id"]) if more else None,
        )

    def all(self, user_id: str, criteria: InvoiceFilter, *, sort: InvoiceSort) -> AsyncIterator[Document]:
        """Yield every matching invoice as stored, in bounded memory."""
        return self._invoices.in_order(user_id, criteria.conditions(), sort=sort)

    async def summary(self, user_id: str, criteria: InvoiceFilter) -> InvoiceSummary:
        """Summarize the matching invoices."""
        return summary_of(await self._invoices.grouped(user_id, criteria.conditions(), GROUP))

    async def latest(self, user_id: str, *, limit: int, task_id: str | None = None) -> list[Invoice]:
        """Return the invoices that were found last, by one scan or by any."""
        conditions = {"task_id": task_id} if task_id else {}
        found = self._invoices.in_order(user_id, conditions, sort="-found_at", limit=limit)
        return [read_invoice(document) async for document in found]

    async def neighbours(self, invoice: Invoice) -> tuple[str | None, str | None]:
        """Return the ids of the user's invoices issued just after and just before this one."""
        found: list[str | None] = []
        orders: tuple[InvoiceSort, ...] = ("issue_date", "-issue_date")
        for order in orders:
            place = cursors.encode(order, _text(invoice.issue_date), invoice.id)
            page = await self.page(invoice.user_id, InvoiceFilter(), sort=order, limit=1, cursor=place)
            found.append(page.items[0].id if page.items else None)
        return found[0], found[1]

    async def months(self, user_id: str, first: str, last: str) -> list[MonthSummary]:
        """Summarize the invoices issued from one month (YYYY-MM) to another, newest month first."""
        issued = {"issue_date": {"$gte": f"{first}-01", "$lte": f"{last}-31"}}
        return months_of(await self._invoices.grouped(user_id, issued, MONTHS))

    async def counts(self, user_id: str, account_id: str | None = None) -> dict[str, int]:
        """Return account id -> number of its invoices, for the user's accounts or one of them."""
        scope = {"user_id": user_id, **({"account_id": account_id} if account_id else {})}
        groups = self._raw.aggregate([{"$match": scope}, {"$group": {"_id": "$account_id", "count": {"$sum": 1}}}])
        return {group["_id"]: group["count"] async for group in groups}


def read_invoice(document: Document) -> Invoice:
    """Return the record from its stored form."""
    amounts = {name: to_decimal(document[name]) for name in AMOUNTS if document.get(name) is not None}
    found = document.get(FOUND_VALUES, {})
    corrections = {
        name: {**entry, "value": _shown(entry["value"]), "found": _shown(found.get(name))}
        for name, entry in (document.get("corrections") or {}).items()
    }
    return Invoice.model_validate({**document, **amounts, "corrections": corrections, "id": document["_id"]})


def etag_of(document: Document) -> str:
    """Return an entity tag that changes whenever a scan or a person changes the invoice."""
    return f'"{document.get("_version", 0)}.{document["_corrected"]}"'


def to_decimal(value: Any) -> Any:
    """Return a stored amount as a decimal, anything else as it is."""
    return value.to_decimal() if isinstance(value, Decimal128) else value


def _shown(value: Any) -> Any:
    """Return a value in a correction; amounts are decimal strings, as everywhere."""
    return format(value.to_decimal(), "f") if isinstance(value, Decimal128) else value


def _sort_value(field: str, value: str | None) -> Any:
    if field != "total" or value is None:
        return value
    try:
        return Decimal128(value)
    except ArithmeticError:
        raise cursors.invalid() from None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
