"""Route `/invoices`: totals and table of invoices, with filters that also apply to the export."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.web.invoice_search import InvoiceSearch, date_ranges
from services.api.web.months import TwelveMonths
from services.api.web.page_request import SignedInRequest
from services.api.web.paging import Paging

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_PAGE_SIZE = 50
_EXPORTED = ("account_id", "task_id", "vendor", "currency", "kind", "needs_check", "near_duplicate", "q")


@router.get("/invoices")
async def show_invoices(
    request: SignedInRequest, cursor: Annotated[str | None, Query(max_length=1000)] = None
) -> Response:
    """Show the list; its URL holds filters, order and page."""
    services, user_id, query = request.services, request.user_id, request.http.query_params
    today = request.preferences.now.astimezone(request.preferences.zone).date()
    search = InvoiceSearch.of(query, today)
    page, summary, accounts = await asyncio.gather(
        services.invoices.reader.page(
            user_id, search.filter, sort=search.sort, limit=_PAGE_SIZE, cursor=cursor or None
        ),
        services.invoices.reader.summary(user_id, search.filter),
        services.accounts.service.list(user_id),
    )
    unflagged = await services.invoices.reader.summary(user_id, search.without_flags) if search.has_flags else summary
    paging = Paging.of("/invoices", query, page.next_cursor)
    context = {
        "page": page,
        "summary": summary,
        "unflagged": unflagged,
        "search": search,
        "spans": {span.name: span.label for span in date_ranges(today)},
        "names": {account.account_id: account.label for account in accounts.items},
        "mailboxes": sum(1 for account in accounts.items if account.invoices),
        "scanned": any(account.last_scan for account in accounts.items),
        "year": TwelveMonths.until(today.strftime("%Y-%m")).with_summary(summary.months),
        "paging": paging,
        "first": len(paging.trail) * _PAGE_SIZE + 1 if paging.cursor else 1,
        "export": _export(search),
    }
    return await request.render("invoices.html", context)


def _export(search: InvoiceSearch) -> str:
    """Return the query string of an export of the filtered list."""
    invoice_filter = search.filter
    named = {name: search.query[name] for name in _EXPORTED if name in search.query}
    dates = {"from": invoice_filter.issued_from, "to": invoice_filter.issued_to}
    query = urlencode({**named, **{name: day.isoformat() for name, day in dates.items() if day}})
    return f"?{query}" if query else ""
