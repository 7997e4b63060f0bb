"""Erasure of a deleted account: ends its scan and erases what was found in it, repeatedly for a
day."""

import datetime as dt
import logging

from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.repository.deletions import DeletedAccounts
from services.scanner.repository.erasure import ResultEraser
from shared.events import AccountDeleted
from shared.mongo import Document

logger = logging.getLogger("mailtally.scanner.account_erasure")

_REASON = "the account was deleted"


class AccountEraser:
    """Erases deleted accounts.

    A scanner that holds a slice of the account learns at its next heartbeat that the run is over.
    Until then, or after it was frozen, it may store one more batch. So the erasure is repeated:
    after two leases, then ever more rarely.
    """

    def __init__(
        self, lifecycle: RunLifecycle, results: ResultEraser, deleted: DeletedAccounts, *, lease_s: float
    ) -> None:
        self._lifecycle = lifecycle
        self._results = results
        self._deleted = deleted
        self._lease = dt.timedelta(seconds=lease_s)

    async def erase(self, deletion: AccountDeleted) -> None:
        """End the account's scan and erase its results; `erase_due` takes the originals later."""
        await self._deleted.add(deletion.account_id, deletion.user_id, deletion.deleted_at)
        await self._erase_results(deletion.user_id, deletion.account_id)

    async def erase_due(self) -> None:
        """Erase the accounts that are due once more, with their originals and ended runs."""
        while (deletion := await self._deleted.take_due()) is not None:
            await self._erase_again(deletion)

    async def _erase_again(self, deletion: Document) -> None:
        user_id, account_id = deletion["user_id"], deletion["_id"]
        await self._erase_results(user_id, account_id)
        if not await self._results.erase_unused_originals(user_id, older_than=self._lease):
            await self._deleted.postpone(account_id)
            return
        await self._results.erase_ended_runs(account_id)
        if await self._deleted.remove_if_done(deletion):
            logger.info("account erased", extra={"event": "account_erased", "account_id": account_id})

    async def _erase_results(self, user_id: str, account_id: str) -> None:
        task_id = await self._results.open_run_of(account_id)
        if task_id is not None:
            await self._lifecycle.cancel_open(task_id, _REASON)
        await self._results.erase_results(user_id, account_id)
