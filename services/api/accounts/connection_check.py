"""Connection checks of accounts. A scanner makes them, as only a scanner can open the secret; the
request waits."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.accounts.schemas import AccountCheck
from services.api.accounts.service import AccountService
from services.api.http.problems import Problem, unavailable
from shared.errors import PublishError
from shared.events import AccountChecked, AccountCheckRequested, new_event, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.api.checks")

TIMEOUT_SECONDS = 40.0
"""A check waits at most 15 s for a scanner, and takes at most 20 s."""
_MAX_PER_USER = 5
_LATE = "No scanner answered. Try again; if it happens again, no scanner is running or all are busy."
_NO_UPLOAD = "This account has no mailbox yet. Upload one first."
_UPLOAD = "A mailbox is uploaded."


class PendingChecks:
    """The checks whose results requests of this process wait for."""

    def __init__(self) -> None:
        self._finished: dict[str, asyncio.Event] = {}

    @contextmanager
    def for_check(self, check_id: str) -> Iterator[asyncio.Event]:
        """Register a check; the event is set when the check has its result."""
        finished = self._finished[check_id] = asyncio.Event()
        try:
            yield finished
        finally:
            del self._finished[check_id]

    def complete(self, checked: AccountChecked) -> None:
        """Wake the request that waits for this check; another process may be the one that does."""
        if (finished := self._finished.get(checked.check_id)) is not None:
            finished.set()


class ConnectionChecks:
    """Publishes `account.check_requested` and reads the results that scanners store."""

    def __init__(
        self, database: Database, *, accounts: AccountService, pending: PendingChecks, publisher: Publisher
    ) -> None:
        self._results = database["mailbox_checks"]
        self._accounts = accounts
        self._pending = pending
        self._publisher = publisher
        self._running: Counter[str] = Counter()

    async def check(self, user_id: str, account_id: str) -> AccountCheck:
        """Check now whether the account can be scanned.

        Raises `Problem`: 404, 429 for too many checks of the user at once, 503 without a broker,
        504 without a result.
        """
        account = await self._accounts.find(user_id, account_id)
        if account["source"]["kind"] == "upload":
            return _upload_check(account["source"]["upload"])
        with self._limit(user_id):
            return await self._check_by_scanner(user_id, account_id)

    async def _check_by_scanner(self, user_id: str, account_id: str) -> AccountCheck:
        check_id, now = uuid.uuid4().hex, utc_now()
        data = AccountCheckRequested(account_id=account_id, check_id=check_id, user_id=user_id, requested_at=now)
        event = new_event(data, service="api", sequence=0, time=now, discriminator=check_id)
        with self._pending.for_check(check_id) as finished:
            try:
                await self._publisher.publish(event)
            except PublishError:
                raise unavailable("broker_unavailable") from None
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await finished.wait()
            except TimeoutError:
                # The event that the check has ended may be lost; its result may be stored.
                extra = {"event": "connection_check_timed_out", "account_id": account_id}
                logger.warning("connection check timed out", extra=extra)
        result = await self._results.find_one({"_id": check_id, "user_id": user_id})
        if result is None:
            raise Problem("check_timed_out", _LATE, headers={"Retry-After": "5"})
        code = result["code"]
        return AccountCheck(ok=code == "ok", code=code, detail=result["detail"], folders=result["folders"])

    @contextmanager
    def _limit(self, user_id: str) -> Iterator[None]:
        """Limit the concurrent checks of a user, so that silent mail servers of one do not hold up
        everybody's."""
        if self._running[user_id] >= _MAX_PER_USER:
            raise Problem("too_many_checks", f"At most {_MAX_PER_USER} at a time.", headers={"Retry-After": "5"})
        self._running[user_id] += 1
        try:
            yield
        finally:
            self._running[user_id] -= 1
            if not self._running[user_id]:
                del self._running[user_id]


def _upload_check(upload: Document | None) -> AccountCheck:
    if upload is None:
        return AccountCheck(ok=False, code="mailbox_missing", detail=_NO_UPLOAD)
    return AccountCheck(ok=True, code="ok", detail=_UPLOAD)
