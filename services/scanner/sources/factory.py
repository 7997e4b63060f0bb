"""From an account to the source that reads its mailbox."""

from functools import partial

from pydantic import ValidationError

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.ledger import Ledger
from services.scanner.sources.base import Scope, Source
from services.scanner.sources.imap.pool import Connections
from services.scanner.sources.imap.source import ImapSource
from services.scanner.sources.spool import Spool
from services.scanner.sources.stored_file import StoredFiles
from services.scanner.sources.upload import open_upload
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document


class Accounts:
    """Opens the mailboxes of accounts, which the api owns."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        cursors: Cursors,
        ledger: Ledger,
        metrics: ScannerMetrics,
        *,
        most_bytes: int,
        pictures: bool,
        spool: Spool,
    ) -> None:
        self._accounts = database["email_accounts"]
        self._uploads = StoredFiles(database, "uploads")
        self._connections = connections
        self._cursors = cursors
        self._ledger = ledger
        self._count_uploads = partial(metrics.fetched, "upload")
        self._most_bytes = most_bytes
        self._pictures = pictures
        self._spool = spool

    async def open(self, scope: Scope) -> Source:
        """The account's mailbox. Raises `PermanentFailure` if the account is gone or has none."""
        account = await self._accounts.find_one({"_id": scope.account_id, **NOT_DELETED}, {"source": 1})
        if account is None:
            raise PermanentFailure(ErrorCode.ACCOUNT_DELETED)
        source = account["source"]
        return self._imap(source["imap"], scope) if source["kind"] == "imap" else self._upload(source.get("upload"))

    def _upload(self, upload: Document | None) -> Source:
        if upload is None:
            raise PermanentFailure(ErrorCode.MAILBOX_MISSING)
        return open_upload(
            self._uploads, upload, most_bytes=self._most_bytes, spool=self._spool, count=self._count_uploads
        )

    def _imap(self, stored: Document, scope: Scope) -> Source:
        try:
            mailbox = ImapMailbox.model_validate(stored)
        except ValidationError:  # written by another version
            raise PermanentFailure(ErrorCode.SECRET_UNREADABLE, oauth2=stored.get("auth") == "xoauth2") from None
        return ImapSource(
            mailbox,
            scope,
            self._connections,
            self._cursors,
            self._ledger,
            most_bytes=self._most_bytes,
            pictures=self._pictures,
        )
