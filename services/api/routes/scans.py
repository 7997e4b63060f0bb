"""Routes of `/v1/scans`: scans and the messages that they read."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import Response as PlainResponse

from services.api.dependencies import Cursor, Key, Limit, UserContext
from services.api.http.body_limit import BoundedRoute
from services.api.http.headers import etag_matches, set_next_link
from services.api.http.openapi_responses import ETAG, LINK, LOCATION, RETRY_AFTER, problem_responses
from services.api.http.problems import not_found
from services.api.scans.schemas import (
    CancelFilter,
    CancelledScans,
    LedgerPage,
    NewScan,
    NewScans,
    Outcome,
    TaskPage,
    Tasks,
    TaskStats,
)
from shared.events import Task, TaskStatus

router = APIRouter(prefix="/v1", tags=["scans"], route_class=BoundedRoute)

_POLL_SECONDS = "2"
_SCAN_HEADERS = {**LOCATION, **RETRY_AFTER}


@router.post(
    "/accounts/{account_id}/scans",
    status_code=202,
    response_model=Task,
    responses={
        200: {"model": Task, "description": "The scan that is active already", "headers": _SCAN_HEADERS},
        202: {"headers": _SCAN_HEADERS},
        **problem_responses(
            "mailbox_missing", "idempotency_key_in_use", "idempotency_key_reused", "broker_unavailable"
        ),
    },
)
async def request_scan(
    account_id: str, ctx: UserContext, key: Key = None, scan: NewScan | None = None
) -> PlainResponse:
    """Start a scan of a mailbox. If a scan is already running, return that task."""
    result = await ctx.services.scans.starter.request(ctx.user_id, account_id, scan or NewScan(), key)
    headers = {"Location": f"/v1/scans/{result.task.task_id}", "Retry-After": _POLL_SECONDS}
    return _task_response(result.task, 202 if result.accepted else 200, headers)


@router.post(
    "/scans",
    status_code=202,
    responses=problem_responses(
        "not_found", "mailbox_missing", "idempotency_key_in_use", "idempotency_key_reused", "broker_unavailable"
    ),
)
async def request_scans(scans: NewScans, ctx: UserContext, key: Key = None) -> Tasks:
    """Start scans of many mailboxes at once; where one is already running, return that task."""
    return Tasks(tasks=await ctx.services.scans.starter.request_many(ctx.user_id, scans.account_ids, scans, key))


@router.get("/scans", responses={200: {"headers": LINK}})
async def list_scans(
    request: Request,
    response: Response,
    ctx: UserContext,
    status: TaskStatus | None = None,
    account_id: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TaskPage:
    """List scans, newest first."""
    page = await ctx.services.scans.tasks.page(
        ctx.user_id, status=status, account_id=account_id, limit=limit, cursor=cursor
    )
    set_next_link(request, response, page.next_cursor)
    return page


@router.get("/scans/stats")
async def read_stats(ctx: UserContext) -> TaskStats:
    """Count scans by status."""
    return await ctx.services.scans.tasks.stats(ctx.user_id)


@router.post("/scans/cancel", status_code=202, responses=problem_responses("broker_unavailable"))
async def cancel_scans(wanted: CancelFilter, ctx: UserContext) -> CancelledScans:
    """Request the end of all matching scans that have not ended."""
    tasks = await ctx.services.scans.canceller.cancel_matching(
        ctx.user_id, status=wanted.status, account_ids=wanted.account_ids
    )
    return CancelledScans(tasks=tasks)


@router.get(
    "/scans/{task_id}",
    response_model=Task,
    responses={200: {"headers": ETAG}, 304: {"description": "Not changed", "headers": ETAG}},
)
async def read_scan(
    task_id: str, ctx: UserContext, if_none_match: Annotated[str | None, Header()] = None
) -> PlainResponse:
    """Return one scan. Its ETag is the task's version."""
    task = await ctx.services.scans.tasks.find(ctx.user_id, task_id)
    if task is None:
        raise not_found()
    etag = f'"{task.version}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and etag_matches(if_none_match, etag):
        return PlainResponse(status_code=304, headers=headers)
    return _task_response(task, 200, headers)


@router.post(
    "/scans/{task_id}/cancel",
    status_code=202,
    responses={
        200: {"model": Task, "description": "The scan is cancelled already"},
        **problem_responses("scan_ended", "broker_unavailable"),
    },
)
async def cancel_scan(task_id: str, ctx: UserContext, response: Response) -> Task:
    """Request the end of a scan; it has ended when its status is CANCELLED."""
    result = await ctx.services.scans.canceller.cancel(ctx.user_id, task_id)
    response.status_code = 202 if result.accepted else 200
    return result.task


@router.get("/scans/{task_id}/messages", responses={200: {"headers": LINK}})
async def list_messages(
    task_id: str,
    request: Request,
    response: Response,
    ctx: UserContext,
    outcome: Outcome | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LedgerPage:
    """List the messages of a scan with their outcomes and reasons."""
    if await ctx.services.scans.tasks.find(ctx.user_id, task_id) is None:
        raise not_found()
    page = await ctx.services.scans.ledger.page(ctx.user_id, task_id, outcome=outcome, limit=limit, cursor=cursor)
    set_next_link(request, response, page.next_cursor)
    return page


def _task_response(task: Task, status: int, headers: dict[str, str]) -> PlainResponse:
    """Serialize the task once, without the second validation of FastAPI's responses."""
    return PlainResponse(task.model_dump_json(), status, headers, "application/json")
