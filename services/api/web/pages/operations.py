"""`/operations`: all users' scans, the messages that could not be handled, and the queues; for administrators."""

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
from services.api.web.page_request import AdministratorVisiting, Visit, see_other
from services.api.web.paging import Paging
from shared.errors import BrokerUnavailable
from shared.events import TaskStatus

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

_ROWS = 50
_LETTERS = 20
_DEFAULT_DAYS = 90
_MOST_DAYS = 36_500
_Search = Annotated[str, Query(max_length=200)]


@router.get("/operations")
async def show_operations(
    visit: AdministratorVisiting,
    q: _Search = "",
    status: TaskStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Everything an operator looks at first."""
    services = visit.services
    page, stats, letters, queues = await asyncio.gather(
        _tasks(visit, q.strip(), status, cursor or None),
        services.scans.tasks.stats(None),
        _letters(visit),
        _queues(visit),
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
        "labels": labels,
        "users": names,
        "letters": letters,
        "queues": queues,
        "grafana_url": services.admin.grafana_url,
        "paging": Paging.of("/operations", visit.request.query_params, page.next_cursor),
    }
    return await visit.page("operations.html", context)


@router.post("/operations/dead-letters/{verb}")
async def act_on_letters(verb: Verb, visit: AdministratorVisiting, form: SentForm) -> Response:
    """Put one back or drop it, or all that are there."""
    letter = form.text("id")
    await visit.services.admin.dead_letters.apply(visit.who, verb, ids=[letter] if letter else None)
    return see_other("/operations#letters")


@router.get("/operations/clean-up")
async def ask_to_clean_up(
    visit: AdministratorVisiting, days: Annotated[int, Query(ge=1, le=_MOST_DAYS)] = _DEFAULT_DAYS
) -> Response:
    """How many scans would be removed, before they are."""
    answer = await visit.services.admin.task_cleanup.request(days, dry_run=True)
    return await visit.page("operations_clean_up.html", {"days": days, "number": answer.tasks})


@router.post("/operations/clean-up")
async def clean_up(visit: AdministratorVisiting, form: SentForm) -> Response:
    """Remove the records of scans that ended long ago."""
    days = form.text("days")
    if not days.isdecimal() or not 1 <= int(days) <= _MOST_DAYS:
        raise Problem("invalid_request", "Give the number of days, from 1 on.")
    await visit.services.admin.audit_log.record(visit.who, "tasks.cleanup", older_than_days=int(days))
    await visit.services.admin.task_cleanup.request(int(days), dry_run=False)
    return see_other("/operations")


async def _tasks(visit: Visit, q: str, status: TaskStatus | None, cursor: str | None) -> TaskPage:
    """What is looked for may be a task's id, a user's name or a user's id."""
    services = visit.services
    if q and (task := await services.scans.tasks.find_any(q)) is not None:
        return TaskPage(items=[task] if status in (None, task.status) else [], next_cursor=None)
    user_id = (await services.admin.users.id_of(q) or q) if q else None
    return await services.scans.tasks.page(user_id, status=status, account_id=None, limit=_ROWS, cursor=cursor)


async def _letters(visit: Visit) -> DeadLetterPage | str:
    """The oldest dead letters, or why they cannot be looked at."""
    try:
        return await visit.services.admin.dead_letters.page(None, _LETTERS)
    except Problem as problem:
        return problem.detail or "Dead letters cannot be looked at now."


async def _queues(visit: Visit) -> list[QueueDepth] | None:
    try:
        return list(await visit.services.admin.queue_depths.read())
    except BrokerUnavailable:
        return None
