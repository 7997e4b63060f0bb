"""Use case of administrators: the records of scans that ended long ago go away, and what was found in them stays.

The status service alone writes tasks: it carries this out. The api removes its own record of the requests before, as
it would show them again as tasks that nobody has written yet.
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
        """Have the tasks removed that ended so many days ago or earlier; with `dry_run` only tell how many they are."""
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
