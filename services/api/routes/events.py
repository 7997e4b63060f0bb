"""Event streams (server-sent events, WHATWG HTML section 9.2)."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.api.auth import Principal
from services.api.dependencies import Caller, Services, Use
from services.api.problems import not_found
from services.api.task_stream import follow
from shared.events import TERMINAL, Task

router = APIRouter(prefix="/v1", tags=["events"])

_PING_SECONDS = 15
_SEND_SECONDS = 30
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "`event: task`, `id:` = version, `data:` = the task, at once and at every change",
    }
}
_ENDED: dict[int | str, dict[str, Any]] = {204: {"description": "The client has the terminal event already"}}


@router.get("/scans/{task_id}/events", response_class=EventSourceResponse, responses={**_STREAM, **_ENDED})
async def follow_scan(
    task_id: str, caller: Caller, use: Use, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Follow one scan to its end. With `Last-Event-ID`, what the client has is not sent again."""
    task = await use.tasks.find(caller.user_id, task_id)
    if task is None:
        raise not_found()
    seen = task.version if last_event_id == str(task.version) else None
    if seen is not None and task.status in TERMINAL:
        return Response(status_code=204)  # which tells an EventSource to stop reconnecting

    async def read() -> Iterable[Task]:
        found = await use.tasks.find(caller.user_id, task_id)
        return () if found is None else (found,)

    return _stream(
        use,
        follow(use.hub, read, user_id=caller.user_id, task_id=task_id, seen_version=seen, until=_expiry(caller)),
    )


@router.get("/events", response_class=EventSourceResponse, responses=_STREAM)
async def follow_all(caller: Caller, use: Use) -> Response:
    """Follow all scans: first the newest of each mailbox, then every change. Coming back starts the same way."""

    async def read() -> Iterable[Task]:
        return (await use.tasks.newest_of_accounts(caller.user_id)).values()

    await read()  # a database that is away is a 503, not a stream that stays silent
    return _stream(
        use, follow(use.hub, read, user_id=caller.user_id, task_id=None, seen_version=None, until=_expiry(caller))
    )


def _stream(use: Services, events: AsyncIterator[ServerSentEvent]) -> EventSourceResponse:
    return EventSourceResponse(_counted(use, events), ping=_PING_SECONDS, send_timeout=_SEND_SECONDS)


async def _counted(use: Services, events: AsyncIterator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    with use.metrics.sse_clients.track_inprogress():
        async for event in events:
            yield event


def _expiry(caller: Principal) -> float:
    return caller.expires_at.timestamp()
