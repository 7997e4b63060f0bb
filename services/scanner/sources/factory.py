"""Factory of the source that reads an account's mailbox."""

from functools import partial

from pydantic import ValidationError

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.ledger import Ledger
from services.scanner.sources.base import Scope, Source
from services.scanner.sources.imap.pool import ConnectionPool
from services.scanner.sources.imap.source import ImapSource
from services.scanner.sources.spool import Spool
from services.scanner.sources.stored_file import StoredFiles
from services.scanner.sources.upload import open_upload
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document


class SourceFactory:
    """Makes the sources of accounts, whose records the api owns."""

    def __init__(
        self,
        database: Database,
        connections: ConnectionPool,
        cursors: Cursors,
        ledger: Ledger,
        metrics: ScannerMetrics,
        *,
        max_bytes: int,
        pictures: bool,
        spool: Spool,
    ) -> None:
        self._accounts = database["email_accounts"]
        self._uploads = StoredFiles(database, "uploads")
        self._connections = connections
        self._cursors = cursors
        self._ledger = ledger
        self._count_uploads = partial(metrics.count_fetched_bytes, "upload")
        self._max_bytes = max_bytes
        self._pictures = pictures
        self._spool = spool

    async def open(self, scope: Scope) -> Source:
        """Open the account's mailbox.

        Raises `PermanentFailure` if the account is deleted or has no mailbox.
        """
        account = await self._accounts.find_one({"_id": scope.account_id, **NOT_DELETED}, {"source": 1})
        if account is None:
            raise PermanentFailure(ErrorCode.ACCOUNT_DELETED)
        source = account["source"]
        return self._imap(source["imap"], scope) if source["kind"] == "imap" else self._upload(source.get("upload"))

    def _upload(self, upload: Document | None) -> Source:
        if upload is None:
            raise PermanentFailure(ErrorCode.MAILBOX_MISSING)
        return open_upload(
            self._uploads, upload, max_bytes=self._max_bytes, spool=self._spool, count=self._count_uploads
        )

    def _imap(self, stored: Document, scope: Scope) -> Source:
        try:
            mailbox = ImapMailbox.model_validate(stored)
        except ValidationError:  # another version wrote it
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=stored.get("auth") == "xoauth2") from None
        return ImapSource(
            mailbox,
            scope,
            self._connections,
            self._cursors,
            self._ledger,
            max_bytes=self._max_bytes,
            pictures=self._pictures,
        )
