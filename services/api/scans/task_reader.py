"""Reader of tasks: those that the status service wrote, and accepted requests that it has not
written yet."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

from services.api.call_batching import BatchedCalls
from services.api.http import cursors
from services.api.scans.schemas import TaskPage, TaskStats
from shared.events import LEGACY_DONE, TERMINAL, Task, TaskStatus, task_fields
from shared.mongo import Database, Document

_ACTIVE = [TaskStatus.PENDING.value, TaskStatus.PROGRESS.value]
_MOST_CHANGED = 1000
_AT_ONCE = 500
_NO_TIME = datetime.fromtimestamp(0, UTC)
"""Stands for the `created_at` that a document of an older system lacks: MongoDB sorts it before
every time as well."""


def accepted_task(request: Document) -> Task:
    """Return the task of a request that the status service has not seen yet."""
    return Task.model_validate(_accepted(request))


def stored_task(document: Document, request: Document | None = None) -> Task:
    """Return a task of `scanning_tasks`; `request` fills gaps while only later events have
    arrived."""
    accepted = _accepted(request) if request else {}
    written = {name: value for name, value in document.items() if value is not None}
    return Task.model_validate(task_fields({**accepted, **written}))


class TaskReader:
    """Reads `scanning_tasks` together with the api's own `scan_requests`."""

    def __init__(self, database: Database) -> None:
        self._tasks = database["scanning_tasks"]
        self._requests = database["scan_requests"]
        self._active_of = BatchedCalls(self._active_of_accounts)

    async def find(self, user_id: str, task_id: str) -> Task | None:
        """Return the user's task."""
        document = await self._tasks.find_one({"_id": task_id})
        if document is not None and "user_id" in document:
            return stored_task(document) if document["user_id"] == user_id else None
        request = await self._requests.find_one({"_id": task_id, "user_id": user_id, "confirmed": True})
        if request is None:
            return None
        return accepted_task(request) if document is None else stored_task(document, request)

    async def find_any(self, task_id: str) -> Task | None:
        """Return a written task of any user."""
        document = await self._tasks.find_one({"_id": task_id})
        return stored_task(document) if document is not None else None

    async def of_request(self, request: Document) -> Task:
        """Return the task of a request, written or not."""
        document = await self._tasks.find_one({"_id": request["_id"]})
        return accepted_task(request) if document is None else stored_task(document, request)

    def active_of_account(self, account_id: str) -> asyncio.Future[Task | None]:
        """Return a written task of the account that has not ended."""
        return self._active_of.call(account_id)

    async def find_active(
        self, user_id: str | None, *, status: str | None, account_ids: Sequence[str] | None
    ) -> list[Task]:
        """Return the tasks of a user, or of all (None), that have not ended."""
        scope = _scope(user_id) | ({"account_id": {"$in": list(account_ids)}} if account_ids is not None else {})
        unwritten = await self._unwritten(scope) if status != TaskStatus.PROGRESS else []
        wanted = [status] if status else _ACTIVE
        written = await self._tasks.find({**scope, "status": {"$in": wanted}}).to_list(None)
        tasks = {request["_id"]: accepted_task(request) for request in unwritten}
        return list((tasks | {document["_id"]: stored_task(document) for document in written}).values())

    async def count_active(self, user_id: str) -> int:
        """Count the user's tasks that have not ended."""
        written = await self._tasks.count_documents({"user_id": user_id, "status": {"$in": _ACTIVE}})
        return written + len(await self._unwritten(_scope(user_id)))

    async def ended_before(self, moment: datetime) -> AsyncIterator[list[str]]:
        """Yield the ids of all users' tasks that ended before `moment`, in batches."""
        ended = [*sorted(TERMINAL), LEGACY_DONE]
        found = self._tasks.find({"status": {"$in": ended}, "completed_at": {"$lt": moment}}, {"_id": 1})
        while page := await found.to_list(_AT_ONCE):
            yield [task["_id"] for task in page]

    async def versions(self, task_ids: list[str]) -> dict[str, int]:
        """Return task id -> version, of those that are written."""
        found = self._tasks.find({"_id": {"$in": task_ids}}, {"version": 1})
        return {document["_id"]: document.get("version", 0) async for document in found}

    async def find_many(self, task_ids: list[str]) -> list[Task]:
        """Return those of the tasks that are written."""
        if not task_ids:
            return []
        return [stored_task(document) for document in (await self._by_ids(task_ids)).values()]

    async def changed_since(self, user_id: str, since: datetime) -> list[Task]:
        """Return the user's written tasks that changed since then, the latest thousand of them."""
        found = self._tasks.find({"user_id": user_id, "updated_at": {"$gte": since}}).sort("updated_at", -1)
        return [stored_task(document) for document in await found.limit(_MOST_CHANGED).to_list(None)]

    async def all_active_of_account(self, account_id: str) -> list[Task]:
        """Return the written tasks of the account that have not ended; one runs, others may be
        about to be refused."""
        found = self._tasks.find({"account_id": account_id, "status": {"$in": _ACTIVE}, "user_id": {"$exists": True}})
        return [stored_task(document) async for document in found]

    async def newest_of_accounts(self, user_id: str, account_id: str | None = None) -> dict[str, Task]:
        """Return account id -> its newest task, for the user's accounts or one of them."""
        scope = {"user_id": user_id, "confirmed": True, **({"account_id": account_id} if account_id else {})}
        requests = await self._requests.aggregate(
            [
                {"$match": scope},
                {"$sort": {"account_id": 1, "requested_at": -1}},
                {"$group": {"_id": "$account_id", "request": {"$first": "$$ROOT"}}},
            ]
        ).to_list(None)
        newest: list[Document] = [group["request"] for group in requests]
        written = await self._by_ids(request["_id"] for request in newest)
        return {
            request["account_id"]: stored_task(written[request["_id"]], request)
            if request["_id"] in written
            else accepted_task(request)
            for request in newest
        }

    async def page(
        self,
        user_id: str | None,
        *,
        status: TaskStatus | None,
        account_id: str | None,
        limit: int,
        cursor: str | None,
    ) -> TaskPage:
        """Return a page of the tasks of a user, or of all (None), newest first."""
        scope = _scope(user_id, account_id)
        after = cursors.decode_time(cursor) if cursor is not None else None
        # Read before the written ones, so that a task written in between is seen twice rather than
        # never.
        unwritten = await self._unwritten(scope) if status in (None, TaskStatus.PENDING) else []
        found = self._tasks.find({**scope, **_with_status(status), **(_older_than(after) if after else {})})
        written = await found.sort([("created_at", -1), ("_id", -1)]).limit(limit + 1).to_list(None)
        tasks = {
            id_: (key, accepted_task(request)) for id_, (key, request) in _keyed(unwritten, "requested_at").items()
        }
        tasks = {id_: item for id_, item in tasks.items() if after is None or item[0] < after}
        tasks |= {id_: (key, stored_task(found)) for id_, (key, found) in _keyed(written, "created_at").items()}
        newest = sorted(tasks.values(), key=lambda item: item[0], reverse=True)
        items = newest[:limit]
        next_cursor = cursors.encode_time(*items[-1][0]) if len(newest) > limit else None
        return TaskPage(items=[task for _, task in items], next_cursor=next_cursor)

    async def stats(self, user_id: str | None) -> TaskStats:
        """Count the tasks of a user, or of all (None), by status."""
        scope = _scope(user_id)
        unwritten = await self._unwritten(scope)
        groups = self._tasks.aggregate([{"$match": scope}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}])
        counts = dict.fromkeys(TaskStatus, 0)
        counts[TaskStatus.PENDING] = len(unwritten)
        async for group in groups:
            status = TaskStatus.DONE if group["_id"] == LEGACY_DONE else TaskStatus(group["_id"])
            counts[status] += group["count"]
        return TaskStats(**counts)

    async def _active_of_accounts(self, account_ids: Sequence[str]) -> list[Task | None]:
        found = self._tasks.find({"account_id": {"$in": list(account_ids)}, "status": {"$in": _ACTIVE}})
        tasks = {document["account_id"]: document async for document in found}
        return [stored_task(tasks[account_id]) if account_id in tasks else None for account_id in account_ids]

    async def _unwritten(self, scope: Document) -> list[Document]:
        return await self._requests.aggregate(
            [
                {"$match": {**scope, "open": {"$exists": True}, "confirmed": True}},
                {
                    "$lookup": {
                        "from": self._tasks.name,
                        "localField": "_id",
                        "foreignField": "_id",
                        "pipeline": [{"$project": {"user_id": 1}}],
                        "as": "written",
                    }
                },
                {"$match": {"written.user_id": {"$exists": False}}},
            ]
        ).to_list(None)

    async def _by_ids(self, ids: Iterable[str]) -> dict[str, Document]:
        found = await self._tasks.find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: document for document in found}


def _scope(user_id: str | None, account_id: str | None = None) -> Document:
    wanted = {"user_id": user_id, "account_id": account_id}
    return {name: value for name, value in wanted.items() if value is not None}


def _accepted(request: Document) -> Document:
    return {
        "task_id": request["_id"],
        "user_id": request["user_id"],
        "account_id": request["account_id"],
        "scan_type": request["scan_type"],
        "months": request["months"],
        "full": request["full"],
        "status": TaskStatus.PENDING,
        "current_status": "Task queued",
        "created_at": request["requested_at"],
        "updated_at": request["requested_at"],
        "cancel_requested_at": request.get("cancel_requested_at"),
    }


def _with_status(status: TaskStatus | None) -> Document:
    if status is None:
        return {}
    names = [status.value, LEGACY_DONE] if status is TaskStatus.DONE else [status.value]
    return {"status": {"$in": names}}


_Key = tuple[datetime, str]


def _keyed(documents: Iterable[Document], field: str) -> dict[str, tuple[_Key, Document]]:
    """Return each document by its id, with its sort key; `field` holds its time."""
    return {
        str(document["_id"]): ((document.get(field) or _NO_TIME, str(document["_id"])), document)
        for document in documents
    }


def _older_than(key: _Key) -> Document:
    created_at, task_id = key
    if created_at == _NO_TIME:
        return {"created_at": None, "_id": {"$lt": task_id}}
    return {
        "$or": [
            {"created_at": {"$lt": created_at}},
            {"created_at": created_at, "_id": {"$lt": task_id}},
            {"created_at": None},
        ]
    }
