"""`/v1/scans`: scans and what they saw."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import Response as PlainResponse

from services.api.bounded_route import BoundedRoute
from services.api.dependencies import Caller, Cursor, Key, Limit, Use
from services.api.problems import not_found
from services.api.schemas import LedgerPage, NewScan, NewScans, Outcome, TaskPage, Tasks, TaskStats
from shared.events import Task, TaskStatus

router = APIRouter(prefix="/v1", tags=["scans"], route_class=BoundedRoute)

_POLL_SECONDS = "2"


@router.post(
    "/accounts/{account_id}/scans",
    status_code=202,
    responses={200: {"model": Task, "description": "The scan that is active already"}},
)
async def request_scan(
    account_id: str, caller: Caller, use: Use, response: Response, key: Key, scan: NewScan | None = None
) -> Task:
    """Scan a mailbox."""
    answer = await use.scans.request(caller.user_id, account_id, scan or NewScan(), key)
    response.status_code = 202 if answer.accepted else 200
    response.headers["Location"] = f"/v1/scans/{answer.task.task_id}"
    response.headers["Retry-After"] = _POLL_SECONDS
    return answer.task


@router.post("/scans", status_code=202)
async def request_scans(scans: NewScans, caller: Caller, use: Use, key: Key) -> Tasks:
    """Scan many mailboxes at once; of one that is being scanned already, the active task is given."""
    return Tasks(tasks=await use.scans.request_many(caller.user_id, scans.account_ids, scans, key))


@router.get("/scans")
async def list_scans(
    caller: Caller,
    use: Use,
    status: TaskStatus | None = None,
    account_id: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TaskPage:
    """Scans, newest first."""
    return await use.tasks.page(caller.user_id, status=status, account_id=account_id, limit=limit, cursor=cursor)


@router.get("/scans/stats")
async def read_stats(caller: Caller, use: Use) -> TaskStats:
    """How many scans have which status."""
    return await use.tasks.stats(caller.user_id)


@router.get("/scans/{task_id}", response_model=Task, responses={304: {"description": "Not changed"}})
async def read_scan(
    task_id: str, caller: Caller, use: Use, if_none_match: Annotated[str | None, Header()] = None
) -> PlainResponse:
    """One scan. Its ETag is the task's version."""
    task = await use.tasks.find(caller.user_id, task_id)
    if task is None:
        raise not_found()
    etag = f'"{task.version}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and _matches(if_none_match, etag):
        return PlainResponse(status_code=304, headers=headers)
    return PlainResponse(task.model_dump_json(), media_type="application/json", headers=headers)


@router.post(
    "/scans/{task_id}/cancel",
    status_code=202,
    responses={200: {"model": Task, "description": "The scan is cancelled already"}},
)
async def cancel_scan(task_id: str, caller: Caller, use: Use, response: Response) -> Task:
    """Ask for the end of a scan; it is CANCELLED when its task says so."""
    answer = await use.scans.cancel(caller.user_id, task_id)
    response.status_code = 202 if answer.accepted else 200
    return answer.task


@router.get("/scans/{task_id}/messages")
async def list_messages(
    task_id: str, caller: Caller, use: Use, outcome: Outcome | None = None, limit: Limit = 50, cursor: Cursor = None
) -> LedgerPage:
    """What became of each message, and why."""
    if await use.tasks.find(caller.user_id, task_id) is None:
        raise not_found()
    return await use.ledger.page(caller.user_id, task_id, outcome=outcome, limit=limit, cursor=cursor)


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison with a list of entity tags (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
