"""`/invoices`: all that was found, in numbers and in a table, with filters that hold for the export as well."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.web.invoice_search import InvoiceSearch, spans
from services.api.web.months import ThisYear
from services.api.web.page_request import Visiting
from services.api.web.paging import Paging

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_ROWS = 50
_EXPORTED = ("account_id", "task_id", "vendor", "currency", "kind", "needs_check", "near_duplicate", "q")


@router.get("/invoices")
async def show_invoices(visit: Visiting, cursor: Annotated[str | None, Query(max_length=1000)] = None) -> Response:
    """The list; everything about it is in its address."""
    services, user_id, query = visit.services, visit.user_id, visit.request.query_params
    today = visit.reader.now.astimezone(visit.reader.zone).date()
    search = InvoiceSearch.of(query, today)
    page, summary, accounts = await asyncio.gather(
        services.invoices.reader.page(user_id, search.wanted, sort=search.sort, limit=_ROWS, cursor=cursor or None),
        services.invoices.reader.summary(user_id, search.wanted),
        services.accounts.service.list(user_id),
    )
    around = await services.invoices.reader.summary(user_id, search.without_flags) if search.has_flags else summary
    paging = Paging.of("/invoices", query, page.next_cursor)
    context = {
        "page": page,
        "summary": summary,
        "around": around,
        "search": search,
        "spans": {span.name: span.words for span in spans(today)},
        "names": {account.account_id: account.label for account in accounts.items},
        "mailboxes": sum(1 for account in accounts.items if account.invoices),
        "scanned": any(account.last_scan for account in accounts.items),
        "year": ThisYear.until(today.strftime("%Y-%m")).with_summary(summary.months),
        "paging": paging,
        "first": len(paging.trail) * _ROWS + 1 if paging.cursor else 1,
        "export": _export(search),
    }
    return await visit.page("invoices.html", context)


def _export(search: InvoiceSearch) -> str:
    """The query of an export of what the list shows."""
    wanted = search.wanted
    named = {name: search.query[name] for name in _EXPORTED if name in search.query}
    dates = {"from": wanted.issued_from, "to": wanted.issued_to}
    query = urlencode({**named, **{name: day.isoformat() for name, day in dates.items() if day}})
    return f"?{query}" if query else ""
