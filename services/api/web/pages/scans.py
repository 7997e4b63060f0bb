"""`/scans`: all scans of the person, newest first; and starting and cancelling many at once."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.scans.schemas import NewScan
from services.api.web.forms import SentForm
from services.api.web.mailboxes import Card
from services.api.web.page_request import Visiting, see_other
from services.api.web.paging import Paging
from shared.events import TaskStatus

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_ROWS = 50


@router.get("/scans")
async def show_scans(
    visit: Visiting,
    status: TaskStatus | None = None,
    account_id: str | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The list, with filters and pages in its address."""
    services, user_id = visit.services, visit.user_id
    page, stats, accounts = await asyncio.gather(
        services.scans.tasks.page(
            user_id, status=status, account_id=account_id or None, limit=_ROWS, cursor=cursor or None
        ),
        services.scans.tasks.stats(user_id),
        services.accounts.service.list(user_id),
    )
    context = {
        "tasks": page.items,
        "stats": stats,
        "status": status,
        "account_id": account_id or "",
        "names": {account.account_id: account.label for account in accounts.items},
        "addresses": {account.account_id: Card(account, None).address for account in accounts.items},
        "paging": Paging.of("/scans", visit.request.query_params, page.next_cursor),
    }
    return await visit.page("scans.html", context)


@router.post("/scans")
async def start_all(visit: Visiting) -> Response:
    """Scan every mailbox that has mail."""
    accounts = await visit.services.accounts.service.list(visit.user_id)
    ready = [account.account_id for account in accounts.items if not Card(account, None).is_empty]
    if ready:
        await visit.services.scans.starter.request_many(visit.user_id, ready, NewScan(), None)
    return see_other("/")


@router.post("/scans/cancel")
async def cancel_many(visit: Visiting, form: SentForm) -> Response:
    """Ask for the end of the scans that are selected, or of all that match the filters."""
    if form.text("all"):
        status = form.text("status") or None
        accounts = [form.text("account_id")] if form.text("account_id") else None
        await visit.services.scans.canceller.cancel_matching(visit.user_id, status=status, account_ids=accounts)
    else:
        wanted = frozenset(form.lists.get("task_id", ()))
        active = await visit.services.scans.tasks.find_active(visit.user_id, status=None, account_ids=None)
        mine = [task.account_id for task in active if task.task_id in wanted and task.account_id]
        if mine:
            await visit.services.scans.canceller.cancel_matching(visit.user_id, status=None, account_ids=mine)
    return see_other("/scans")
