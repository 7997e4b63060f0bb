"""What a scanner does about a deleted account: its scan ends, and what was found in it goes, repeatedly for a day."""

import datetime as dt
import logging

from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.repository.deletions import DeletedAccounts
from services.scanner.repository.erasure import Erasure
from shared.events import AccountDeleted
from shared.mongo import Document

logger = logging.getLogger("mailtally.scanner.deleting")

_REASON = "the account was deleted"


class Deleting:
    """A slice in flight finds out at its next beat that its run is over; until then, or when it comes back after it was
    frozen, it may store a batch more. So the account is looked at again: after two leases, then ever more rarely."""

    def __init__(self, lifecycle: Lifecycle, erasure: Erasure, deleted: DeletedAccounts, *, lease_s: float) -> None:
        self._lifecycle = lifecycle
        self._erasure = erasure
        self._deleted = deleted
        self._settling = dt.timedelta(seconds=lease_s)

    async def delete(self, deletion: AccountDeleted) -> None:
        """End the account's scan and erase what was found in it; originals go at the first look afterwards."""
        await self._deleted.note(deletion.account_id, deletion.user_id, deletion.deleted_at)
        await self._erase(deletion.user_id, deletion.account_id)

    async def sweep(self) -> None:
        """Look at the accounts that are due."""
        while (deletion := await self._deleted.take_due()) is not None:
            await self._look(deletion)

    async def _look(self, deletion: Document) -> None:
        user_id, account_id = deletion["user_id"], deletion["_id"]
        await self._erase(user_id, account_id)
        if not await self._erasure.unused_originals(user_id, older_than=self._settling):
            await self._deleted.look_again(account_id)
            return
        await self._erasure.runs_of(account_id)
        if await self._deleted.forget_if_over(deletion):
            logger.info("account erased", extra={"account_id": account_id})

    async def _erase(self, user_id: str, account_id: str) -> None:
        task_id = await self._erasure.open_run_of(account_id)
        if task_id is not None:
            await self._lifecycle.end_as_cancelled(task_id, _REASON)
        await self._erasure.found_in(user_id, account_id)
