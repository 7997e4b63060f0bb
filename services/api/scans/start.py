"""Use case: start scans, exactly one at a time for each account."""

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import Sequence

from services.api.call_batching import BatchedCalls
from services.api.deadlines import Deadlines
from services.api.http.problems import Problem, unavailable
from services.api.scans.commands import CommandResult, StartScan, effective_months, fingerprint, require_scannable
from services.api.scans.request_repository import IdempotencyKey, ScanRequestRepository, new_request
from services.api.scans.schemas import NewScan
from services.api.scans.task_reader import TaskReader, accepted_task
from shared.backoff import delays
from shared.errors import NotConfirmed, PublishError
from shared.events import TERMINAL, ScanRequested, Task, new_event, utc_now
from shared.mailboxes import NOT_DELETED
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document
from shared.observability.tracing import current_traceparent

logger = logging.getLogger("mailtally.api.scans")

_REQUEST_SEQUENCE = 0
_AT_ONCE = 32


class ScanStarter:
    """Writes `scan_requests` and publishes `scan.requested`."""

    def __init__(
        self,
        database: Database,
        *,
        requests: ScanRequestRepository,
        tasks: TaskReader,
        publisher: Publisher,
        deadlines: Deadlines,
    ) -> None:
        self._accept_s = deadlines.accept_s
        self._abandoned = dt.timedelta(seconds=deadlines.abandoned_s)
        self._accounts = database["email_accounts"]
        self._account = BatchedCalls(self._by_ids)
        self._requests = requests
        self._tasks = tasks
        self._publisher = publisher

    async def request(self, user_id: str, account_id: str, scan: NewScan, key: str | None) -> CommandResult:
        """Accept a scan of one account; return when the broker has confirmed the event.

        Raises `Problem`: 404, 409, 422 for a reused key, 503 when the broker is unavailable.
        """
        identity = IdempotencyKey(key, key, fingerprint([account_id], scan)) if key else None
        return await self._accept(StartScan(user_id, account_id, scan, identity))

    async def request_many(
        self, user_id: str, account_ids: Sequence[str], scan: NewScan, key: str | None
    ) -> list[Task]:
        """Accept a scan of each account; none is started when one of them cannot be
        scanned."""
        unique_ids = list(dict.fromkeys(account_ids))
        digest = fingerprint(unique_ids, scan)
        if key and await self._requests.is_key_reused(user_id, key, digest):
            raise _reused()
        require_scannable(user_id, await self._by_ids(unique_ids))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def start_one(account_id: str) -> CommandResult:
            identity = IdempotencyKey(f"{key}/{account_id}", key, digest) if key else None
            async with slots:
                return await self._accept(StartScan(user_id, account_id, scan, identity))

        # All finish even if one fails: accepted scans stay, and a repeated request returns them as
        # active tasks.
        results = await asyncio.gather(*(start_one(account_id) for account_id in unique_ids), return_exceptions=True)
        return [_task_or_raise(result) for result in results]

    async def active(self, account_id: str) -> Task | None:
        """Return the task of the account that has not ended, if there is one."""
        task = await self._tasks.active_of_account(account_id)
        request = None if task is not None else await self._requests.open_of(account_id)
        return task if request is None or not request["confirmed"] else await self._unless_ended(request)

    async def _accept(self, command: StartScan) -> CommandResult:
        deadline = time.monotonic() + self._accept_s
        for delay in delays(first=0.01, cap=0.5):
            result = await self._replayed(command) or await self._start_or_join(command)
            if result is not None:
                return result
            # Another request of this account waits for its confirm, or has just been closed or
            # withdrawn.
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(delay)
        if command.key is not None and await self._requests.by_key(command.user_id, command.key) is not None:
            raise Problem("idempotency_key_in_use", headers={"Retry-After": str(max(1, self._abandoned.seconds))})
        raise unavailable("broker_unavailable")

    async def _replayed(self, command: StartScan) -> CommandResult | None:
        """Return the result that the idempotency key had before."""
        if command.key is None:
            return None
        request = await self._requests.by_key(command.user_id, command.key)
        if request is None:
            return None
        entry = next(entry for entry in request["idempotency"] if entry["key"] == command.key.key)
        if entry["fingerprint"] != command.key.fingerprint:
            raise _reused()
        if not entry["accepted"]:
            return CommandResult(await self._tasks.of_request(request), accepted=False)
        return CommandResult(accepted_task(request), accepted=True) if request["confirmed"] else None

    async def _start_or_join(self, command: StartScan) -> CommandResult | None:
        """Return the result of a new request or of the active one; None when it must be tried
        again."""
        stored, active = await asyncio.gather(
            self._account.call(command.account_id), self._tasks.active_of_account(command.account_id)
        )
        (source,) = (account["source"] for account in require_scannable(command.user_id, [stored]))
        return (
            await self._join(command, active)
            or await self._insert_and_publish(command, source["kind"])
            or await self._join(command, await self._open(command.account_id))
        )

    async def _insert_and_publish(self, command: StartScan, kind: str) -> CommandResult | None:
        """Insert and publish a new request; return None when the account has an open one."""
        request = new_request(
            task_id=str(uuid.uuid4()),
            user_id=command.user_id,
            account_id=command.account_id,
            scan_type=command.scan.scan_type,
            months=effective_months(command.scan, kind),
            full=command.scan.full,
            requested_at=utc_now(),
            key=command.key,
            traceparent=current_traceparent(),
        )
        if not await self._requests.insert(request):
            return None
        await self._publish(request)
        return CommandResult(accepted_task(request), accepted=True)

    async def _publish(self, request: Document) -> None:
        """Publish the event and mark the request confirmed, or raise.

        A broker that has not confirmed may have the event all the same. So the request stays, and
        the next request for its account publishes the same event again: a new one would find
        the account busy with this one.
        """
        at = request["requested_at"]
        data = ScanRequested.model_validate({**request, "task_id": request["_id"]})
        trace = request.get("traceparent")
        try:
            await self._publisher.publish(
                new_event(data, service="api", sequence=_REQUEST_SEQUENCE, time=at, traceparent=trace)
            )
        except PublishError as error:
            logger.warning(
                "scan not accepted",
                extra={"event": "scan_not_accepted", "task_id": request["_id"], "reason": str(error)},
            )
            if not isinstance(error, NotConfirmed):
                await self._requests.withdraw(request["_id"])
            raise unavailable("broker_unavailable") from None
        if not await self._requests.confirm(request["_id"]):
            raise unavailable("broker_unavailable")

    async def _open(self, account_id: str) -> Task | None:
        """Return the task of the account's open request.

        A request that a crash or an unavailable broker left unconfirmed is published again;
        one whose task has ended is closed.
        """
        request = await self._requests.open_of(account_id)
        if request is None:
            return None
        if not request["confirmed"]:
            if utc_now() - request["requested_at"] < self._abandoned:
                return None
            await self._publish(request)
        return await self._unless_ended(request)

    async def _unless_ended(self, request: Document) -> Task | None:
        """Return the task of an open request, or close the request if the task has ended."""
        task = await self._tasks.of_request(request)
        if task.status not in TERMINAL:
            return task
        await self._requests.close(request["_id"])
        return None

    async def _join(self, command: StartScan, task: Task | None) -> CommandResult | None:
        """Return the result for an account that is being scanned already."""
        if task is None:
            return None
        if command.key is not None and not await self._requests.remember_key(
            command.user_id, task.task_id, command.key
        ):
            return None
        return CommandResult(task, accepted=False)

    async def _by_ids(self, account_ids: Sequence[str]) -> list[Document | None]:
        found = self._accounts.find(
            {"_id": {"$in": list(account_ids)}, **NOT_DELETED},
            {"user_id": 1, "source.kind": 1, "source.upload.file_id": 1},
        )
        accounts: dict[str, Document] = {account["_id"]: account async for account in found}
        return [accounts.get(account_id) for account_id in account_ids]


def _reused() -> Problem:
    return Problem("idempotency_key_reused", "Use a new key for a new request.")


def _task_or_raise(result: CommandResult | BaseException) -> Task:
    if isinstance(result, BaseException):
        raise result
    return result.task
