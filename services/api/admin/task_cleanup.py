"""Use case of administrators: remove the records of old scans; the invoices found in them stay.

Only the status service writes tasks, so it carries this out. The api first removes its own
requests, which it would otherwise show again as tasks that are not written yet.
"""

import datetime as dt
import secrets

from services.api.admin.schemas import CleanupAnswer
from services.api.http.problems import unavailable
from services.api.scans.request_repository import ScanRequestRepository
from services.api.scans.task_reader import TaskReader
from shared.errors import PublishError
from shared.events import ScanCleanupRequested, new_event, utc_now
from shared.messaging.publishing import Publisher


class TaskCleanup:
    """Publishes `scan.cleanup_requested`."""

    def __init__(self, *, requests: ScanRequestRepository, tasks: TaskReader, publisher: Publisher) -> None:
        self._requests = requests
        self._tasks = tasks
        self._publisher = publisher

    async def request(self, older_than_days: int, *, dry_run: bool) -> CleanupAnswer:
        """Request the removal of tasks that ended at least so many days ago; with `dry_run` only
        count them.

        Raises `Problem` 503 when the broker is unavailable.
        """
        now = utc_now()
        before = now - dt.timedelta(days=older_than_days)
        matched = 0
        async for ids in self._tasks.ended_before(before):
            matched += len(ids)
            if not dry_run:
                await self._requests.forget(ids)
        if not dry_run:
            data = ScanCleanupRequested(cleanup_id=secrets.token_hex(12), completed_before=before, requested_at=now)
            try:
                await self._publisher.publish(new_event(data, service="api", sequence=0, time=now))
            except PublishError:
                raise unavailable("broker_unavailable") from None
        return CleanupAnswer(tasks=matched, completed_before=before, dry_run=dry_run)
