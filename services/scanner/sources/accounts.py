"""From an account to the source that reads its mailbox."""

from services.scanner.failures import ErrorCode, PermanentFailure
from services.scanner.sources.base import Source
from services.scanner.sources.spool import Spool
from services.scanner.sources.stored_file import StoredFiles
from services.scanner.sources.upload import open_upload
from shared.mongo import Database


class Accounts:
    """Opens the mailboxes of accounts, which the api owns."""

    def __init__(self, database: Database, *, most_bytes: int, spool: Spool) -> None:
        self._accounts = database["email_accounts"]
        self._uploads = StoredFiles(database, "uploads")
        self._most_bytes = most_bytes
        self._spool = spool

    async def open(self, account_id: str) -> Source:
        """The account's mailbox. Raises `PermanentFailure` if the account is gone or has none."""
        account = await self._accounts.find_one({"_id": account_id}, {"source": 1})
        if account is None:
            raise PermanentFailure(ErrorCode.ACCOUNT_DELETED)
        upload = account["source"].get("upload")
        if upload is None:
            raise PermanentFailure(ErrorCode.MAILBOX_MISSING)
        return open_upload(self._uploads, upload, most_bytes=self._most_bytes, spool=self._spool)
