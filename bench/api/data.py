"""Data of the benchmark: mailboxes to scan, and tasks to read."""

from bench.api.servers import USER
from services.status.repository import TaskRepository
from shared.events import Task, TaskStatus, utc_now
from shared.mongo import Database, Document

_ACCOUNTS = 100_000
_EACH = 8_000
_AT_ONCE = 10_000


class Data:
    """The records that the requests of the benchmark name."""

    tasks = 1_000

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used = 0

    async def prepare(self) -> None:
        """Write the data straight into the database, which gets the indexes of the services that do
        not run here."""
        await TaskRepository(self._database).create_indexes()
        for first in range(0, _ACCOUNTS, _AT_ONCE):
            accounts = [_account(number) for number in range(first, first + _AT_ONCE)]
            await self._database["email_accounts"].insert_many(accounts)
        await self._database["scanning_tasks"].insert_many([_task(f"t{number}") for number in range(self.tasks)])

    def fresh_accounts(self) -> tuple[int, int]:
        """Return the number of the first of some mailboxes that were never scanned, and how many
        there are."""
        self._used += _EACH
        return self._used - _EACH, _EACH


def _account(number: int) -> Document:
    now = utc_now()
    upload = {"file_id": "f", "filename": "a.mbox", "format": "mbox", "messages": 1, "bytes": 1, "uidvalidity": 1}
    return {
        "_id": f"a{number}",
        "user_id": USER,
        "label": "Office",
        "source": {"kind": "upload", "upload": {**upload, "uploaded_at": now}},
        "created_at": now,
        "updated_at": now,
    }


def a_task(task_id: str, **changes: object) -> Task:
    """Return a running scan."""
    now = utc_now()
    return Task(
        task_id=task_id,
        user_id=USER,
        account_id="x",
        scan_type="inbox",
        months=3,
        status=TaskStatus.PROGRESS,
        progress=40,
        current_status="Scanned 400 messages",
        messages_total=1000,
        messages_scanned=400,
        invoices_found=12,
        created_at=now,
        updated_at=now,
        started_at=now,
        version=7,
    ).model_copy(update=changes)


def _task(task_id: str) -> Document:
    return {"_id": task_id, **a_task(task_id).model_dump()}
