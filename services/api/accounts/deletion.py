"""Use case: delete an account with all that belongs to it, in steps that can be repeated.

The account is marked first: from then on no request finds it, and its secret is erased. Each
further step is harmless to repeat, and the marked document goes last. So a crash anywhere leaves a
document by which the rest is found, by a repeated DELETE or by `run`.
"""

import datetime as dt
import logging

from services.api.accounts.upload.gridfs_writer import delete_file
from services.api.http.problems import Problem, not_found, unavailable
from services.api.scans.cancel import ScanCanceller
from shared.errors import PublishError
from shared.events import AccountDeleted, new_event, utc_now
from shared.mailboxes import NOT_DELETED
from shared.messaging.publishing import Publisher
from shared.mongo import UNAVAILABLE, Database, Document
from shared.periodic import run_periodically

logger = logging.getLogger("mailtally.api.deletion")

_REASON = "the account was deleted"
_LATER = "Its data will be deleted as soon as the message broker is available again. You need not do anything."
_TRANSIENT: tuple[type[Exception], ...] = (*UNAVAILABLE, PublishError)
_ABANDONED = dt.timedelta(hours=24)
"""An older unfinished upload was cut off by a crash; a younger one may still be on its way."""
_GRACE = dt.timedelta(seconds=15)
"""The time that the request which marked an account has to finish its deletion itself."""


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
        condition = {"_id": account_id, "user_id": user_id}
        account = await self._accounts.find_one(condition, {"deleted_at": 1})
        if account is None:
            raise not_found()
        if not await self._publisher.is_connected():
            raise unavailable("broker_unavailable")
        marked = {"$set": {"deleted_at": utc_now()}, "$unset": {"source.imap": ""}}
        await self._accounts.update_one({**condition, **NOT_DELETED}, marked)
        account = await self._accounts.find_one(condition)
        if account is None:
            return  # another request has finished it in between
        try:
            await self._finish(account)
        except PublishError as error:
            extra = {"event": "account_deletion_deferred", "account_id": account_id, "reason": str(error)}
            logger.warning("account deletion not finished: broker unavailable, retrying", extra=extra)
            raise Problem("deletion_under_way", _LATER, headers={"Retry-After": "5"}) from None

    async def run(self, *, every_s: float) -> None:
        """Finish interrupted deletions until cancelled, at jittered intervals, so that the
        processes spread."""
        name = "completion of account deletions"
        await run_periodically(self.finish_left, name=name, every_s=every_s, logger=logger, transient=_TRANSIENT)

    async def finish_left(self, grace: dt.timedelta = _GRACE) -> None:
        """Finish the deletions that were marked longer ago than `grace` and have not ended."""
        async for account in self._accounts.find({"deleted_at": {"$lt": utc_now() - grace}}).sort("deleted_at", 1):
            await self._finish(account)

    async def _finish(self, account: Document) -> None:
        user_id, account_id = account["user_id"], account["_id"]
        await self._canceller.cancel_of_account(user_id, account_id, _REASON)
        data = AccountDeleted(account_id=account_id, user_id=user_id, deleted_at=account["deleted_at"])
        await self._publisher.publish(new_event(data, service="api", sequence=0, time=account["deleted_at"]))
        # Deliveries about its invoices hold mail data; those about its scans do not.
        await self._database["webhook_deliveries"].delete_many({"account_id": account_id, "type": "invoice.found.v1"})
        if await self._delete_uploads(account_id):
            await self._accounts.delete_one({"_id": account_id, "deleted_at": {"$exists": True}})
            logger.info("account deleted", extra={"event": "account_deleted", "account_id": account_id})

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
