"""Use cases of scans: accept, cancel, and tell whether an account is busy."""

import asyncio
import datetime as dt
import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from services.api.coalescing import Coalesced
from services.api.problems import Fault, Problem, not_found, unavailable
from services.api.read_model.tasks import TaskReader, accepted_task
from services.api.scan_requests import IdempotencyKey, ScanRequests, new_request
from services.api.schemas import NewScan
from shared.errors import NotConfirmed, PublishError
from shared.events import TERMINAL, ScanCancelRequested, ScanRequested, Task, TaskStatus, new_event, utc_now
from shared.mailboxes import NOT_DELETED
from shared.mongo import Database, Document
from shared.publishing import Publisher
from shared.retry import delays
from shared.tracing import current_traceparent

logger = logging.getLogger("mailtally.api.scans")

_REQUEST_SEQUENCE = 0
_CANCEL_SEQUENCE = 1
_AT_ONCE = 32
_MONTHS_OF_A_SERVER = 1
_PATIENCE_SECONDS = 4.0
_ABANDONED = dt.timedelta(seconds=6)
"""A publish ends within 5 seconds, so that nobody waits any more for the confirm of a request this old."""


@dataclass(frozen=True)
class Answer:
    """The task, and whether this request made it: otherwise it is the one that was active already."""

    task: Task
    accepted: bool


@dataclass(frozen=True)
class _Wish:
    user_id: str
    account_id: str
    scan: NewScan
    key: IdempotencyKey | None


class Scans:
    """Writes `scan_requests` and publishes `scan.requested` and `scan.cancel_requested`."""

    def __init__(self, database: Database, *, requests: ScanRequests, tasks: TaskReader, publisher: Publisher) -> None:
        self._accounts = database["email_accounts"]
        self._account = Coalesced(self._by_ids)
        self._requests = requests
        self._tasks = tasks
        self._publisher = publisher

    async def request(self, user_id: str, account_id: str, scan: NewScan, key: str | None) -> Answer:
        """Accept a scan of one account; returns when the broker has the event."""
        identity = IdempotencyKey(key, key, _fingerprint([account_id], scan)) if key else None
        return await self._accept(_Wish(user_id, account_id, scan, identity))

    async def request_many(
        self, user_id: str, account_ids: Sequence[str], scan: NewScan, key: str | None
    ) -> list[Task]:
        """Accept a scan of each account. Nothing is started when one of them cannot be scanned."""
        wanted = list(dict.fromkeys(account_ids))
        fingerprint = _fingerprint(wanted, scan)
        if key and await self._requests.is_key_reused(user_id, key, fingerprint):
            raise _reused()
        _ready(user_id, await self._by_ids(wanted))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(account_id: str) -> Answer:
            identity = IdempotencyKey(f"{key}/{account_id}", key, fingerprint) if key else None
            async with slots:
                return await self._accept(_Wish(user_id, account_id, scan, identity))

        # All are let finish even if one fails: what is accepted stays so, and asking again gives it as the active task.
        answers = await asyncio.gather(*(one(account_id) for account_id in wanted), return_exceptions=True)
        return [_task_or_raise(answer) for answer in answers]

    async def cancel(self, user_id: str, task_id: str) -> Answer:
        """Ask for the end of a scan; `accepted` is False when it is cancelled already."""
        task = await self._tasks.find(user_id, task_id)
        if task is None:
            raise not_found()
        if task.status is TaskStatus.CANCELLED:
            return Answer(task, accepted=False)
        if task.status in TERMINAL:
            raise Problem("scan_ended", f"Its status is {task.status.value}.")
        try:
            at = await self._ask_to_cancel(user_id, task_id, task.cancel_requested_at, "asked by the user")
        except PublishError:
            raise unavailable("broker_unavailable") from None
        return Answer(task.model_copy(update={"cancel_requested_at": at}), accepted=True)

    async def cancel_many(
        self, user_id: str | None, *, status: str | None, account_ids: Sequence[str] | None
    ) -> list[Task]:
        """Ask for the end of every scan that matches, of a user or of all (None); what ended meanwhile is left out."""
        tasks = await self._tasks.active(user_id, status=status, account_ids=account_ids)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(task: Task) -> Task | None:
            async with slots:
                try:
                    return (await self.cancel(task.user_id or "", task.task_id)).task
                except Problem as problem:
                    if problem.code in ("scan_ended", "not_found"):
                        return None
                    raise

        return [task for task in await asyncio.gather(*map(one, tasks)) if task is not None]

    async def cancel_of_account(self, user_id: str, account_id: str, reason: str) -> None:
        """Ask for the end of whatever of the account is, or may be, under way. Raises `PublishError`."""
        asked = {task.task_id: task.cancel_requested_at for task in await self._tasks.all_active_of_account(account_id)}
        request = await self._requests.open_of(account_id)
        if request is not None:
            asked.setdefault(request["_id"], request.get("cancel_requested_at"))
        for task_id, at in asked.items():
            await self._ask_to_cancel(user_id, task_id, at, reason)

    async def _ask_to_cancel(self, user_id: str, task_id: str, asked: dt.datetime | None, reason: str) -> dt.datetime:
        at = await self._requests.cancel_requested(user_id, task_id, asked or utc_now())
        data = ScanCancelRequested(task_id=task_id, user_id=user_id, requested_at=at, reason=reason)
        trace = await self._requests.traceparent(task_id)
        event = new_event(data, service="api", sequence=_CANCEL_SEQUENCE, time=at, traceparent=trace)
        await self._publisher.publish(event)
        return at

    async def active(self, account_id: str) -> Task | None:
        """The task of the account that has not ended, if there is one."""
        task = await self._tasks.active_of_account(account_id)
        request = None if task is not None else await self._requests.open_of(account_id)
        return task if request is None or not request["confirmed"] else await self._unless_ended(request)

    async def _accept(self, wish: _Wish) -> Answer:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for delay in delays(first=0.01, cap=0.5):
            answer = await self._answered(wish) or await self._attempted(wish)
            if answer is not None:
                return answer
            # Somebody else's request of this account waits for its confirm, or has just been closed or withdrawn.
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(delay)
        if wish.key is not None and await self._requests.by_key(wish.user_id, wish.key) is not None:
            raise Problem("idempotency_key_in_use", headers={"Retry-After": str(_ABANDONED.seconds)})
        raise unavailable("broker_unavailable")

    async def _answered(self, wish: _Wish) -> Answer | None:
        """The answer that the idempotency key had before."""
        if wish.key is None:
            return None
        request = await self._requests.by_key(wish.user_id, wish.key)
        if request is None:
            return None
        entry = next(entry for entry in request["idempotency"] if entry["key"] == wish.key.key)
        if entry["fingerprint"] != wish.key.fingerprint:
            raise _reused()
        if not entry["accepted"]:
            return Answer(await self._tasks.of_request(request), accepted=False)
        return Answer(accepted_task(request), accepted=True) if request["confirmed"] else None

    async def _attempted(self, wish: _Wish) -> Answer | None:
        """The task of a new request, or the one that is active; None when it is neither yet, or not any more."""
        account, active = await asyncio.gather(
            self._account.ask(wish.account_id), self._tasks.active_of_account(wish.account_id)
        )
        (source,) = (ready["source"] for ready in _ready(wish.user_id, [account]))
        return (
            await self._joined(wish, active)
            or await self._started(wish, source["kind"])
            or await self._joined(wish, await self._open(wish.account_id))
        )

    async def _started(self, wish: _Wish, kind: str) -> Answer | None:
        """A new request; None when the account has an open one."""
        request = new_request(
            task_id=str(uuid.uuid4()),
            user_id=wish.user_id,
            account_id=wish.account_id,
            scan_type=wish.scan.scan_type,
            months=_months(wish.scan, kind),
            full=wish.scan.full,
            requested_at=utc_now(),
            key=wish.key,
            traceparent=current_traceparent(),
        )
        if not await self._requests.insert(request):
            return None
        await self._publish(request)
        return Answer(accepted_task(request), accepted=True)

    async def _publish(self, request: Document) -> None:
        """Tell the broker and mark the request confirmed, or raise.

        A broker that has not confirmed may have the event all the same. So the request stays, and is published again
        as the same event when its account is asked for next: a new one would find the account busy with this one.
        """
        at = request["requested_at"]
        data = ScanRequested.model_validate({**request, "task_id": request["_id"]})
        trace = request.get("traceparent")
        try:
            await self._publisher.publish(
                new_event(data, service="api", sequence=_REQUEST_SEQUENCE, time=at, traceparent=trace)
            )
        except PublishError as error:
            logger.warning("scan not accepted", extra={"task_id": request["_id"], "reason": str(error)})
            if not isinstance(error, NotConfirmed):
                await self._requests.withdraw(request["_id"])
            raise unavailable("broker_unavailable") from None
        if not await self._requests.confirm(request["_id"]):
            raise unavailable("broker_unavailable")

    async def _open(self, account_id: str) -> Task | None:
        """The task of the account's open request. What a crash or a broker that was away left unconfirmed is published
        again, what an end left open is closed."""
        request = await self._requests.open_of(account_id)
        if request is None:
            return None
        if not request["confirmed"]:
            if utc_now() - request["requested_at"] < _ABANDONED:
                return None
            await self._publish(request)
        return await self._unless_ended(request)

    async def _unless_ended(self, request: Document) -> Task | None:
        """The task of an open request, which is closed if the task has ended."""
        task = await self._tasks.of_request(request)
        if task.status not in TERMINAL:
            return task
        await self._requests.close(request["_id"])
        return None

    async def _joined(self, wish: _Wish, task: Task | None) -> Answer | None:
        """The answer for an account that is being scanned already."""
        if task is None:
            return None
        if wish.key is not None and not await self._requests.remember_key(wish.user_id, task.task_id, wish.key):
            return None
        return Answer(task, accepted=False)

    async def _by_ids(self, account_ids: Sequence[str]) -> list[Document | None]:
        found = self._accounts.find(
            {"_id": {"$in": list(account_ids)}, **NOT_DELETED},
            {"user_id": 1, "source.kind": 1, "source.upload.file_id": 1},
        )
        accounts: dict[str, Document] = {account["_id"]: account async for account in found}
        return [accounts.get(account_id) for account_id in account_ids]


def _ready(user_id: str, accounts: Sequence[Document | None]) -> list[Document]:
    """The accounts, if every one is the user's, and has a mailbox if it is one for uploads."""
    own = [account for account in accounts if account is not None and account["user_id"] == user_id]
    if len(own) < len(accounts):
        raise not_found()
    missing = [n for n, account in enumerate(own) if not _has_mailbox(account["source"])]
    if missing:
        faults = [Fault(pointer=f"/account_ids/{n}", detail="no mailbox") for n in missing]
        raise Problem("mailbox_missing", "Upload a mailbox first.", errors=faults if len(own) > 1 else ())
    return own


def _fingerprint(account_ids: Sequence[str], scan: NewScan) -> str:
    months = scan.months if "months" in scan.model_fields_set else "default"
    facts = [*sorted(account_ids), scan.scan_type, months, scan.full]
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()


def _has_mailbox(source: Document) -> bool:
    return source["kind"] != "upload" or bool(source.get("upload"))


def _months(scan: NewScan, kind: str) -> int | None:
    """A mail server may hold decades of mail, of which nobody wants all by accident; an upload was chosen as it is."""
    if "months" in scan.model_fields_set:
        return scan.months
    return _MONTHS_OF_A_SERVER if kind == "imap" else None


def _reused() -> Problem:
    return Problem("idempotency_key_reused", "Use a new key for a new request.")


def _task_or_raise(answer: Answer | BaseException) -> Task:
    if isinstance(answer, BaseException):
        raise answer
    return answer.task
