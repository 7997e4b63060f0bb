"""Use case: request the cancellation of scans."""

import asyncio
import datetime as dt
from collections.abc import Sequence

from services.api.http.problems import Problem, not_found, unavailable
from services.api.scans.commands import CommandResult
from services.api.scans.request_repository import ScanRequestRepository
from services.api.scans.task_reader import TaskReader
from shared.errors import PublishError
from shared.events import TERMINAL, ScanCancelRequested, Task, TaskStatus, new_event, utc_now
from shared.messaging.publishing import Publisher

_CANCEL_SEQUENCE = 1
_AT_ONCE = 32


class ScanCanceller:
    """Publishes `scan.cancel_requested`; `scan_requests` keeps when it was first requested."""

    def __init__(self, *, requests: ScanRequestRepository, tasks: TaskReader, publisher: Publisher) -> None:
        self._requests = requests
        self._tasks = tasks
        self._publisher = publisher

    async def cancel(self, user_id: str, task_id: str) -> CommandResult:
        """Request the end of a scan; `accepted` is False when it is cancelled already.

        Raises `Problem`: 404, 409 when the scan has ended otherwise, 503 when the broker is
        unavailable.
        """
        task = await self._tasks.find(user_id, task_id)
        if task is None:
            raise not_found()
        if task.status is TaskStatus.CANCELLED:
            return CommandResult(task, accepted=False)
        if task.status in TERMINAL:
            raise Problem("scan_ended", f"Its status is {task.status.value}.")
        try:
            at = await self._request_cancel(user_id, task_id, task.cancel_requested_at, "asked by the user")
        except PublishError:
            raise unavailable("broker_unavailable") from None
        return CommandResult(task.model_copy(update={"cancel_requested_at": at}), accepted=True)

    async def cancel_matching(
        self, user_id: str | None, *, status: str | None, account_ids: Sequence[str] | None
    ) -> list[Task]:
        """Request the end of every matching scan of a user, or of all users (None); return those
        that had not ended."""
        tasks = await self._tasks.find_active(user_id, status=status, account_ids=account_ids)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def cancel_one(task: Task) -> Task | None:
            async with slots:
                try:
                    return (await self.cancel(task.user_id or "", task.task_id)).task
                except Problem as problem:
                    if problem.code in ("scan_ended", "not_found"):
                        return None
                    raise

        return [task for task in await asyncio.gather(*map(cancel_one, tasks)) if task is not None]

    async def cancel_of_account(self, user_id: str, account_id: str, reason: str) -> None:
        """Request the end of every scan of the account that is, or may be, active. Raises
        `PublishError`."""
        requested = {
            task.task_id: task.cancel_requested_at for task in await self._tasks.all_active_of_account(account_id)
        }
        request = await self._requests.open_of(account_id)
        if request is not None:
            requested.setdefault(request["_id"], request.get("cancel_requested_at"))
        for task_id, at in requested.items():
            await self._request_cancel(user_id, task_id, at, reason)

    async def _request_cancel(
        self, user_id: str, task_id: str, requested: dt.datetime | None, reason: str
    ) -> dt.datetime:
        at = await self._requests.cancel_requested(user_id, task_id, requested or utc_now())
        data = ScanCancelRequested(task_id=task_id, user_id=user_id, requested_at=at, reason=reason)
        trace = await self._requests.traceparent(task_id)
        event = new_event(data, service="api", sequence=_CANCEL_SEQUENCE, time=at, traceparent=trace)
        await self._publisher.publish(event)
        return at
