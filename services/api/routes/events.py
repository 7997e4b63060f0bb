"""Routes of event streams (server-sent events, WHATWG HTML section 9.2)."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from services.api.dependencies import StreamContext, UserContext
from services.api.http.problems import not_found
from services.api.identity.schemas import Ticket
from services.api.live.sse_response import EventStream
from shared.events import TERMINAL, Task, utc_now

router = APIRouter(prefix="/v1", tags=["events"])

_TICKET_LIFETIME = dt.timedelta(seconds=30)
_REPLAYED = dt.timedelta(hours=1)
"""A client that reconnects to the stream of all scans gets every task changed in this time."""

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "`event: task`, `id:` = version, `data:` = the task, at once and at every change; "
        "a comment every 15 seconds",
    }
}
_ENDED: dict[int | str, dict[str, Any]] = {204: {"description": "The client has the terminal event already"}}


@router.post("/events/tickets", status_code=201)
async def make_ticket(ctx: UserContext) -> Ticket:
    """Issue a ticket for one event stream: an EventSource cannot send a token, and URLs must not
    hold one."""
    ticket, _ = await ctx.services.identity.credentials.create("ticket", ctx.user, lifetime=_TICKET_LIFETIME)
    return Ticket(ticket=ticket, expires_in=int(_TICKET_LIFETIME.total_seconds()))


@router.get("/scans/{task_id}/events", status_code=200, response_class=EventStream, responses={**_STREAM, **_ENDED})
async def follow_scan(
    task_id: str, ctx: StreamContext, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Follow one scan to its end. With `Last-Event-ID`, a version that the client has is not sent
    again."""
    task = await ctx.services.scans.tasks.find(ctx.user_id, task_id)
    if task is None:
        raise not_found()
    seen = task.version if last_event_id == str(task.version) else None
    if seen is not None and task.status in TERMINAL:
        return Response(status_code=204)  # which tells an EventSource to stop reconnecting

    async def read() -> Iterable[Task]:
        found = await ctx.services.scans.tasks.find(ctx.user_id, task_id)
        return () if found is None else (found,)

    return EventStream(
        ctx.services.live.hub,
        read,
        ctx.services.live.open_streams,
        user_id=ctx.user_id,
        until=ctx.user.expires_at.timestamp(),
        task_id=task_id,
        seen_version=seen,
    )


@router.get("/events", status_code=200, response_class=EventStream, responses=_STREAM)
async def follow_all(ctx: StreamContext, last_event_id: Annotated[str | None, Header()] = None) -> Response:
    """Follow all scans: first the newest of each mailbox, then every change.

    With any `Last-Event-ID`, also every scan that changed within the last hour is sent, so that a
    client which reconnects misses nothing; it recognises a version that it has by `version`.
    """

    async def read() -> Iterable[Task]:
        newest = (await ctx.services.scans.tasks.newest_of_accounts(ctx.user_id)).values()
        if last_event_id is None:
            return newest
        changed = await ctx.services.scans.tasks.changed_since(ctx.user_id, utc_now() - _REPLAYED)
        return (*newest, *reversed(changed))

    return EventStream(
        ctx.services.live.hub,
        read,
        ctx.services.live.open_streams,
        user_id=ctx.user_id,
        until=ctx.user.expires_at.timestamp(),
    )
