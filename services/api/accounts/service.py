"""Use cases of accounts: add, list, read and change them. `accounts.deletion` deletes them."""

import uuid
from collections.abc import Iterable

from services.api.accounts import imap_schemas, schemas
from services.api.accounts.imap_settings import ImapSettings
from services.api.http.problems import Fault, Problem, not_found
from services.api.invoices.reader import InvoiceReader
from services.api.scans.schemas import TaskSummary
from services.api.scans.start import ScanStarter
from services.api.scans.task_reader import TaskReader
from shared.events import Task, TaskStatus, utc_now
from shared.mailboxes import NOT_DELETED, ImapMailbox
from shared.mongo import Database, Document

_MAX_ACCOUNTS = 1000
_LOGIN_CODES = frozenset({"login_refused", "secret_unreadable"})
_FIXED_DURING_SCAN = ("host", "port", "security", "username")


class AccountService:
    """Writes `email_accounts`."""

    def __init__(
        self,
        database: Database,
        *,
        imap_settings: ImapSettings,
        scans: ScanStarter,
        tasks: TaskReader,
        invoices: InvoiceReader,
    ) -> None:
        self._database = database
        self._accounts = database["email_accounts"]
        self._imap_settings = imap_settings
        self._scans = scans
        self._tasks = tasks
        self._invoices = invoices

    async def add(self, user_id: str, new: imap_schemas.NewAccount) -> schemas.Account:
        """Add an account: without a mailbox yet, or with a mail server that is not logged in to
        yet."""
        condition = {"user_id": user_id, **NOT_DELETED}
        if await self._accounts.count_documents(condition, limit=_MAX_ACCOUNTS) >= _MAX_ACCOUNTS:
            raise Problem("invalid_request", f"A user may have {_MAX_ACCOUNTS} accounts.")
        account_id, now = uuid.uuid4().hex, utc_now()
        if isinstance(new.source, imap_schemas.NewImapSource):
            mailbox = self._imap_settings.new(account_id, new.source)
            source = {"kind": "imap", "imap": mailbox.model_dump(), "secret_at": now}
        else:
            source = {"kind": "upload", "upload": None}
        document = {
            "_id": account_id,
            "user_id": user_id,
            "label": new.label,
            "source": source,
            "created_at": now,
            "updated_at": now,
        }
        await self._accounts.insert_one(document)
        return _account(document, invoices=0, last_scan=None)

    async def list(self, user_id: str) -> schemas.Accounts:
        """Return the user's accounts, oldest first."""
        found = self._accounts.find({"user_id": user_id, **NOT_DELETED})
        documents = await found.sort([("created_at", 1), ("_id", 1)]).to_list(None)
        scans = await self._tasks.newest_of_accounts(user_id)
        counts = await self._invoices.counts(user_id)
        return schemas.Accounts(
            items=[
                _account(document, invoices=counts.get(document["_id"], 0), last_scan=scans.get(document["_id"]))
                for document in documents
            ]
        )

    async def get(self, user_id: str, account_id: str) -> schemas.Account:
        """Return one account of the user; raises `Problem` 404."""
        return await self._shown(await self.find(user_id, account_id))

    async def labels(self, account_ids: Iterable[str]) -> dict[str, str]:
        """Return account id -> label, without regard to the owner, which the caller must have
        checked."""
        found = self._accounts.find({"_id": {"$in": [*account_ids]}, **NOT_DELETED}, {"label": 1})
        return {document["_id"]: document["label"] async for document in found}

    async def find(self, user_id: str, account_id: str) -> Document:
        """Return the document of an account of the user; raises `Problem` 404."""
        document = await self._accounts.find_one({"_id": account_id, "user_id": user_id, **NOT_DELETED})
        if document is None:
            raise not_found()
        return document

    async def change(self, user_id: str, account_id: str, change: imap_schemas.AccountChange) -> schemas.Account:
        """Change the label or the mail server; retried, so that a secret stored meanwhile is not
        overwritten."""
        while True:
            before = await self.find(user_id, account_id)
            unchanged: Document = {"_id": account_id, "user_id": user_id, **NOT_DELETED}
            changes: Document = {"updated_at": utc_now()}
            if change.label is not None:
                changes["label"] = change.label
            if change.source is not None:
                changes |= await self._source_changes(before, change.source)
                unchanged["source"] = before["source"]
            document = await self._accounts.find_one_and_update(unchanged, {"$set": changes}, return_document=True)
            if document is not None:
                return await self._shown(document)

    async def _source_changes(self, account: Document, change: imap_schemas.ImapChange) -> Document:
        if account["source"]["kind"] != "imap":
            fault = Fault(pointer="/source", detail="An uploaded mailbox has no mail server.")
            raise Problem("invalid_request", fault.detail, errors=[fault])
        before = ImapMailbox.model_validate(account["source"]["imap"])
        after = self._imap_settings.changed(account["_id"], before, change)
        is_moved = any(getattr(before, name) != getattr(after, name) for name in _FIXED_DURING_SCAN)
        if is_moved and await self._scans.active(account["_id"]) is not None:
            raise Problem(
                "scan_running", "Wait until the scan has ended, or cancel it, then change the server or the name."
            )
        if after.secret == before.secret:
            return {"source.imap": after.model_dump()}
        newer = after.model_copy(update={"secret_version": before.secret_version + 1})
        return {"source.imap": newer.model_dump(), "source.secret_at": utc_now()}

    async def _shown(self, document: Document) -> schemas.Account:
        user_id, account_id = document["user_id"], document["_id"]
        scans = await self._tasks.newest_of_accounts(user_id, account_id)
        counts = await self._invoices.counts(user_id, account_id)
        return _account(document, invoices=counts.get(account_id, 0), last_scan=scans.get(account_id))


def _account(document: Document, *, invoices: int, last_scan: Task | None) -> schemas.Account:
    return schemas.Account(
        account_id=document["_id"],
        label=document["label"],
        source=_source(document["source"]),
        invoices=invoices,
        last_scan=TaskSummary.model_validate(last_scan.model_dump()) if last_scan else None,
        health=_health(document["source"], last_scan),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )


def _source(source: Document) -> schemas.UploadSource | imap_schemas.ImapSource:
    if source["kind"] == "imap":
        return imap_schemas.ImapSource(**ImapMailbox.model_validate(source["imap"]).model_dump())
    return schemas.UploadSource.model_validate(source)


def _health(source: Document, last_scan: Task | None) -> schemas.AccountHealth:
    """Return the health; after a login error, a newer secret counts as not yet tried."""
    if last_scan is None:
        return "new"
    if last_scan.status in (TaskStatus.PENDING, TaskStatus.PROGRESS):
        return "scanning"
    if last_scan.status is not TaskStatus.FAILURE:
        return "healthy"
    if last_scan.error_code not in _LOGIN_CODES:
        return "problem"
    return "new" if source.get("secret_at", last_scan.created_at) > last_scan.created_at else "needs_login"
