"""Routes `/scans/{task_id}`: progress and result of a scan, its invoices and its ledger."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem, not_found
from services.api.invoices.filter import InvoiceFilter
from services.api.scans.schemas import Outcome
from services.api.web.mailboxes import MailboxCard
from services.api.web.page_request import PageRequest, SignedInRequest, see_other
from services.api.web.paging import Paging
from shared.events import Task

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_MAX_INVOICES = 5
_LEDGER_PAGE_SIZE = 25


@router.get("/scans/{task_id}")
async def show_scan(
    task_id: str,
    request: SignedInRequest,
    outcome: Outcome | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Show a scan; the URL holds filter and page of its ledger."""
    services, user_id = request.services, request.user_id
    task = await _task(request, task_id)
    ledger, invoices, summary, card = await asyncio.gather(
        services.scans.ledger.page(user_id, task_id, outcome=outcome, limit=_LEDGER_PAGE_SIZE, cursor=cursor or None),
        services.invoices.reader.latest(user_id, limit=_MAX_INVOICES, task_id=task_id),
        services.invoices.reader.summary(user_id, InvoiceFilter(task_id=task_id)),
        _card(request, task),
    )
    context = {
        "task": task,
        "card": card,
        "ledger": ledger,
        "outcome": outcome,
        "invoices": invoices,
        "summary": summary,
        "paging": Paging.of(f"/scans/{task_id}", request.http.query_params, ledger.next_cursor),
    }
    return await request.render("scan.html", context)


@router.get("/scans/{task_id}/row")
async def show_row(task_id: str, request: SignedInRequest) -> Response:
    """Render the scan as a row of a list, which a script puts in its place."""
    task = await _task(request, task_id)
    return await request.render_part("parts/scan_row.html", {"task": task, "card": await _card(request, task)})


@router.get("/scans/{task_id}/cancel")
async def ask_to_cancel(task_id: str, request: SignedInRequest) -> Response:
    """Ask for confirmation, for browsers without scripts."""
    task = await _task(request, task_id)
    return await request.render("scan_cancel.html", {"task": task, "card": await _card(request, task)})


@router.post("/scans/{task_id}/cancel")
async def cancel_scan(task_id: str, request: SignedInRequest) -> Response:
    """Cancel the scan; just show it if it has ended."""
    try:
        await request.services.scans.canceller.cancel(request.user_id, task_id)
    except Problem as problem:
        if problem.code != "scan_ended":
            raise
    return see_other(f"/scans/{task_id}")


async def _task(request: PageRequest, task_id: str) -> Task:
    task = await request.services.scans.tasks.find(request.user_id, task_id)
    if task is None:
        raise not_found()
    return task


async def _card(request: PageRequest, task: Task) -> MailboxCard | None:
    """Return the card of the scan's mailbox; None if that was removed."""
    try:
        account = await request.services.accounts.service.get(request.user_id, task.account_id or "")
    except Problem as problem:
        if problem.code != "not_found":
            raise
        return None
    return MailboxCard(account, task)
