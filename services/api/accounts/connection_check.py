"""Whether an account can be scanned. A scanner tries it, as only a scanner can open the secret; the request waits."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.accounts.schemas import AccountCheck
from services.api.accounts.service import Accounts
from services.api.http.problems import Problem, unavailable
from shared.errors import PublishError
from shared.events import AccountChecked, AccountCheckRequested, new_event, utc_now
from shared.messaging.publishing import Publisher
from shared.mongo import Database, Document

logger = logging.getLogger("mailtally.api.checks")

PATIENCE_SECONDS = 40.0
"""A check waits 15 s for a scanner at most, and takes 20 s at most."""
_AT_ONCE = 5
_LATE = "No scanner has answered. Try again; if it happens again, the scanners are away or have too much to do."
_NO_UPLOAD = "This account has no mailbox yet. Upload one first."
_UPLOAD = "The uploaded mailbox is there."


class Waiting:
    """The checks that requests of this process wait for."""

    def __init__(self) -> None:
        self._told: dict[str, asyncio.Event] = {}

    @contextmanager
    def for_check(self, check_id: str) -> Iterator[asyncio.Event]:
        """Set when the check has its result."""
        told = self._told[check_id] = asyncio.Event()
        try:
            yield told
        finally:
            del self._told[check_id]

    def tell(self, checked: AccountChecked) -> None:
        """A check has its result; it may be another process that waits for it."""
        if (told := self._told.get(checked.check_id)) is not None:
            told.set()


class AccountChecks:
    """Publishes `account.check_requested`, and reads what the scanner found."""

    def __init__(self, database: Database, *, accounts: Accounts, waiting: Waiting, publisher: Publisher) -> None:
        self._results = database["mailbox_checks"]
        self._accounts = accounts
        self._waiting = waiting
        self._publisher = publisher
        self._under_way: Counter[str] = Counter()

    async def check(self, user_id: str, account_id: str) -> AccountCheck:
        """The answer to a check that is made now."""
        account = await self._accounts.find(user_id, account_id)
        if account["source"]["kind"] == "upload":
            return _of_upload(account["source"]["upload"])
        with self._one_of(user_id):
            return await self._by_scanner(user_id, account_id)

    async def _by_scanner(self, user_id: str, account_id: str) -> AccountCheck:
        check_id, now = uuid.uuid4().hex, utc_now()
        data = AccountCheckRequested(account_id=account_id, check_id=check_id, user_id=user_id, requested_at=now)
        event = new_event(data, service="api", sequence=0, time=now, discriminator=check_id)
        with self._waiting.for_check(check_id) as told:
            try:
                await self._publisher.publish(event)
            except PublishError:
                raise unavailable("broker_unavailable") from None
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await told.wait()
            except TimeoutError:
                # The word of it comes without a guarantee; the result may be there.
                logger.warning("a check was not answered in time", extra={"account_id": account_id})
        result = await self._results.find_one({"_id": check_id, "user_id": user_id})
        if result is None:
            raise Problem("check_timed_out", _LATE, headers={"Retry-After": "5"})
        code = result["code"]
        return AccountCheck(ok=code == "ok", code=code, detail=result["detail"], folders=result["folders"])

    @contextmanager
    def _one_of(self, user_id: str) -> Iterator[None]:
        """One user's checks, of which many wait for servers that do not answer, must not hold up everyone's."""
        if self._under_way[user_id] >= _AT_ONCE:
            raise Problem("too_many_checks", f"At most {_AT_ONCE} at a time.", headers={"Retry-After": "5"})
        self._under_way[user_id] += 1
        try:
            yield
        finally:
            self._under_way[user_id] -= 1
            if not self._under_way[user_id]:
                del self._under_way[user_id]


def _of_upload(upload: Document | None) -> AccountCheck:
    if upload is None:
        return AccountCheck(ok=False, code="mailbox_missing", detail=_NO_UPLOAD)
    return AccountCheck(ok=True, code="ok", detail=_UPLOAD)
