"""`/scans/{task_id}`: one scan while it runs and after, what it found, and why each message was picked up or not."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem, not_found
from services.api.invoices.filter import InvoiceFilter
from services.api.scans.schemas import Outcome
from services.api.web.mailboxes import Card
from services.api.web.page_request import Visit, Visiting, see_other
from services.api.web.paging import Paging
from shared.events import Task

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_INVOICES = 5
_MESSAGES = 25


@router.get("/scans/{task_id}")
async def show_scan(
    task_id: str,
    visit: Visiting,
    outcome: Outcome | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The page of one scan; the ledger's filter and place are in its address."""
    services, user_id = visit.services, visit.user_id
    task = await _task(visit, task_id)
    ledger, found, known, card = await asyncio.gather(
        services.scans.ledger.page(user_id, task_id, outcome=outcome, limit=_MESSAGES, cursor=cursor or None),
        services.invoices.reader.latest(user_id, limit=_INVOICES, task_id=task_id),
        services.invoices.reader.summary(user_id, InvoiceFilter(task_id=task_id)),
        _card(visit, task),
    )
    context = {
        "task": task,
        "card": card,
        "ledger": ledger,
        "outcome": outcome,
        "invoices": found,
        "summary": known,
        "paging": Paging.of(f"/scans/{task_id}", visit.request.query_params, ledger.next_cursor),
    }
    return await visit.page("scan.html", context)


@router.get("/scans/{task_id}/row")
async def show_row(task_id: str, visit: Visiting) -> Response:
    """The scan as a row of a list, for a script to put in its place."""
    task = await _task(visit, task_id)
    return await visit.part("parts/scan_row.html", {"task": task, "card": await _card(visit, task)})


@router.get("/scans/{task_id}/cancel")
async def ask_to_cancel(task_id: str, visit: Visiting) -> Response:
    """The question, as a page of its own for browsers without scripts."""
    task = await _task(visit, task_id)
    return await visit.page("scan_cancel.html", {"task": task, "card": await _card(visit, task)})


@router.post("/scans/{task_id}/cancel")
async def cancel_scan(task_id: str, visit: Visiting) -> Response:
    """Ask for the end of the scan; one that has ended already is just shown."""
    try:
        await visit.services.scans.canceller.cancel(visit.user_id, task_id)
    except Problem as problem:
        if problem.code != "scan_ended":
            raise
    return see_other(f"/scans/{task_id}")


async def _task(visit: Visit, task_id: str) -> Task:
    task = await visit.services.scans.tasks.find(visit.user_id, task_id)
    if task is None:
        raise not_found()
    return task


async def _card(visit: Visit, task: Task) -> Card | None:
    """The scan's mailbox, unless it was removed."""
    try:
        account = await visit.services.accounts.service.get(visit.user_id, task.account_id or "")
    except Problem as problem:
        if problem.code != "not_found":
            raise
        return None
    return Card(account, task)
