"""Routes `/scans`: all scans of the user, and starting and cancelling many at once."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.scans.schemas import NewScan
from services.api.web.forms import SentForm
from services.api.web.mailboxes import MailboxCard
from services.api.web.page_request import SignedInRequest, see_other
from services.api.web.paging import Paging
from shared.events import TaskStatus

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_PAGE_SIZE = 50


@router.get("/scans")
async def show_scans(
    request: SignedInRequest,
    status: TaskStatus | None = None,
    account_id: str | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Show the list; its URL holds filters and page."""
    services, user_id = request.services, request.user_id
    page, stats, accounts = await asyncio.gather(
        services.scans.tasks.page(
            user_id, status=status, account_id=account_id or None, limit=_PAGE_SIZE, cursor=cursor or None
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
        "addresses": {account.account_id: MailboxCard(account, None).address for account in accounts.items},
        "paging": Paging.of("/scans", request.http.query_params, page.next_cursor),
    }
    return await request.render("scans.html", context)


@router.post("/scans")
async def start_all(request: SignedInRequest) -> Response:
    """Scan every mailbox that has mail."""
    accounts = await request.services.accounts.service.list(request.user_id)
    ready = [account.account_id for account in accounts.items if not MailboxCard(account, None).is_empty]
    if ready:
        await request.services.scans.starter.request_many(request.user_id, ready, NewScan(), None)
    return see_other("/")


@router.post("/scans/cancel")
async def cancel_many(request: SignedInRequest, form: SentForm) -> Response:
    """Cancel the selected scans, or all that match the filters."""
    if form.text("all"):
        status = form.text("status") or None
        accounts = [form.text("account_id")] if form.text("account_id") else None
        await request.services.scans.canceller.cancel_matching(request.user_id, status=status, account_ids=accounts)
    else:
        selected = frozenset(form.lists.get("task_id", ()))
        active = await request.services.scans.tasks.find_active(request.user_id, status=None, account_ids=None)
        account_ids = [task.account_id for task in active if task.task_id in selected and task.account_id]
        if account_ids:
            await request.services.scans.canceller.cancel_matching(
                request.user_id, status=None, account_ids=account_ids
            )
    return see_other("/scans")
