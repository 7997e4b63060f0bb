"""Use case: delete an account with all that belongs to it, in steps that can be repeated.

The account is marked first: from then on no request finds it, and its secret is erased. Each
further step is harmless to repeat, and the marked document goes last. So a crash anywhere leaves a
document by which the rest is found, by a repeated DELETE or by `run`.
"""

import asyncio
import datetime as dt
import logging
import random

from services.api.accounts.upload.gridfs_writer import delete_file
from services.api.http.problems import Problem, not_found, unavailable
from services.api.scans.cancel import ScanCanceller
from shared.errors import PublishError
from shared.events import AccountDeleted, new_event, utc_now
from shared.mailboxes import NOT_DELETED
from shared.messaging.publishing import Publisher
from shared.mongo import UNAVAILABLE, Database, Document

logger = logging.getLogger("mailtally.api.deletion")

_REASON = "the account was deleted"
_LATER = "What belongs to it goes as soon as the message broker is back. Nothing has to be done for that."
_PASSING: tuple[type[Exception], ...] = (*UNAVAILABLE, PublishError)
_ABANDONED = dt.timedelta(hours=24)
"""An upload that was begun so long ago was cut off by a crash; a younger one may still be on its way."""
_SETTLING = dt.timedelta(seconds=15)
"""So long the request that marked an account is left to finish its deletion by itself."""


class AccountDeletion:
    """Deletes from `email_accounts` and the uploads; publishes `account.deleted`."""

    def __init__(self, database: Database, *, canceller: ScanCanceller, publisher: Publisher) -> None:
        self._database = database
        self._accounts = database["email_accounts"]
        self._canceller = canceller
        self._publisher = publisher

    async def delete(self, user_id: str, account_id: str) -> None:
        """Delete an account of the user; return when all further steps will run without the client.

        Raises `Problem`: 404, or 503 when the broker is unavailable.
        """
        mine = {"_id": account_id, "user_id": user_id}
        account = await self._accounts.find_one(mine, {"deleted_at": 1})
        if account is None:
            raise not_found()
        if not await self._publisher.is_connected():
            raise unavailable("broker_unavailable")
        marked = {"$set": {"deleted_at": utc_now()}, "$unset": {"source.imap": ""}}
        await self._accounts.update_one({**mine, **NOT_DELETED}, marked)
        account = await self._accounts.find_one(mine)
        if account is None:
            return  # somebody else has finished it in between
        try:
            await self._finish(account)
        except PublishError as error:
            logger.warning("a deletion is finished later", extra={"account_id": account_id, "reason": str(error)})
            raise Problem("deletion_under_way", _LATER, headers={"Retry-After": "5"}) from None

    async def run(self, *, every_s: float) -> None:
        """Finish interrupted deletions until cancelled, at jittered intervals, so that the
        processes spread."""
        while True:
            await asyncio.sleep(random.uniform(every_s / 2, every_s * 3 / 2))  # noqa: S311 (spreads load, guards nothing)
            try:
                await self.finish_left()
            except _PASSING as error:
                logger.warning("deletions are finished later", extra={"reason": type(error).__name__})

    async def finish_left(self, settling: dt.timedelta = _SETTLING) -> None:
        """Finish the deletions that were marked longer ago than `settling` and have not ended."""
        async for account in self._accounts.find({"deleted_at": {"$lt": utc_now() - settling}}).sort("deleted_at", 1):
            await self._finish(account)

    async def _finish(self, account: Document) -> None:
        user_id, account_id = account["user_id"], account["_id"]
        await self._canceller.cancel_of_account(user_id, account_id, _REASON)
        data = AccountDeleted(account_id=account_id, user_id=user_id, deleted_at=account["deleted_at"])
        await self._publisher.publish(new_event(data, service="api", sequence=0, time=account["deleted_at"]))
        # What webhooks were told of its invoices; what is still told of its scans says nothing of mail.
        await self._database["webhook_deliveries"].delete_many({"account_id": account_id, "type": "invoice.found.v1"})
        if await self._delete_uploads(account_id):
            await self._accounts.delete_one({"_id": account_id, "deleted_at": {"$exists": True}})
            logger.info("account deleted", extra={"account_id": account_id})

    async def _delete_uploads(self, account_id: str) -> bool:
        """Delete the uploads and return whether none is left.

        An upload that is still being received finds out at its end and removes itself; removed
        before, its later chunks would have no owner.
        """
        files = self._database["uploads.files"]
        over = [{"length": {"$gt": 0}}, {"uploadDate": {"$lt": utc_now() - _ABANDONED}}]
        async for file in files.find({"metadata.account_id": account_id, "$or": over}, projection={"_id": 1}):
            await delete_file(self._database, "uploads", file["_id"])
        return await files.find_one({"metadata.account_id": account_id}, {"_id": 1}) is None
