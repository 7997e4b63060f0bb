"""Routes `/operations`: scans of all users, dead letters and queues; for administrators."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.admin.dead_letters.schemas import DeadLetterPage
from services.api.admin.dead_letters.service import Verb
from services.api.admin.queue_depths import QueueDepth
from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.scans.schemas import TaskPage
from services.api.web.forms import SentForm
from services.api.web.page_request import AdministratorRequest, PageRequest, see_other
from services.api.web.paging import Paging
from shared.errors import BrokerUnavailable
from shared.events import TaskStatus

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_PAGE_SIZE = 50
_MAX_LETTERS = 20
_DEFAULT_DAYS = 90
_MAX_DAYS = 36_500
_Search = Annotated[str, Query(max_length=200)]


@router.get("/operations")
async def show_operations(
    request: AdministratorRequest,
    q: _Search = "",
    status: TaskStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Show scans, dead letters and queues."""
    services = request.services
    page, stats, letters, queues = await asyncio.gather(
        _tasks(request, q.strip(), status, cursor or None),
        services.scans.tasks.stats(None),
        _letters(request),
        _queues(request),
    )
    labels, names = await asyncio.gather(
        services.accounts.service.labels({task.account_id for task in page.items if task.account_id}),
        services.admin.users.names({task.user_id for task in page.items if task.user_id}),
    )
    context = {
        "tasks": page.items,
        "stats": stats,
        "status": status,
        "q": q.strip(),
        "mailbox_names": labels,
        "users": names,
        "letters": letters,
        "queues": queues,
        "grafana_url": services.admin.grafana_url,
        "paging": Paging.of("/operations", request.http.query_params, page.next_cursor),
    }
    return await request.render("operations.html", context)


@router.post("/operations/dead-letters/{verb}")
async def act_on_letters(verb: Verb, request: AdministratorRequest, form: SentForm) -> Response:
    """Redrive or drop one dead letter, or all of them."""
    letter = form.text("id")
    await request.services.admin.dead_letters.apply(request.user, verb, ids=[letter] if letter else None)
    return see_other("/operations#letters")


@router.get("/operations/clean-up")
async def ask_to_clean_up(
    request: AdministratorRequest, days: Annotated[int, Query(ge=1, le=_MAX_DAYS)] = _DEFAULT_DAYS
) -> Response:
    """Ask for confirmation and say how many records would be removed."""
    answer = await request.services.admin.task_cleanup.request(days, dry_run=True)
    return await request.render("operations_clean_up.html", {"days": days, "number": answer.tasks})


@router.post("/operations/clean-up")
async def clean_up(request: AdministratorRequest, form: SentForm) -> Response:
    """Remove the records of scans that ended long ago."""
    days = form.text("days")
    if not days.isdecimal() or not 1 <= int(days) <= _MAX_DAYS:
        raise Problem("invalid_request", "Enter a number of days, at least 1.")
    await request.services.admin.audit_log.record(request.user, "tasks.cleanup", older_than_days=int(days))
    await request.services.admin.task_cleanup.request(int(days), dry_run=False)
    return see_other("/operations")


async def _tasks(request: PageRequest, q: str, status: TaskStatus | None, cursor: str | None) -> TaskPage:
    """Return scans that match `q`: the id of a task, or the name or id of a user."""
    services = request.services
    if q and (task := await services.scans.tasks.find_any(q)) is not None:
        return TaskPage(items=[task] if status in (None, task.status) else [], next_cursor=None)
    user_id = (await services.admin.users.id_of(q) or q) if q else None
    return await services.scans.tasks.page(user_id, status=status, account_id=None, limit=_PAGE_SIZE, cursor=cursor)


async def _letters(request: PageRequest) -> DeadLetterPage | str:
    """Return the oldest dead letters, or the sentence why they are unavailable."""
    try:
        return await request.services.admin.dead_letters.page(None, _MAX_LETTERS)
    except Problem as problem:
        return problem.detail or "Dead letters are unavailable."


async def _queues(request: PageRequest) -> list[QueueDepth] | None:
    try:
        return list(await request.services.admin.queue_depths.read())
    except BrokerUnavailable:
        return None
