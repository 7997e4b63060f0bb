"""Use cases of email accounts."""

import uuid

from services.api import schemas
from services.api.gridfs_upload import delete_file
from services.api.problems import Problem, not_found
from services.api.read_model.invoices import InvoiceReader
from services.api.read_model.tasks import TaskReader
from services.api.scans import Scans
from shared.events import Task, TaskStatus, utc_now
from shared.mongo import Database, Document

_MAX_ACCOUNTS = 1000


class Accounts:
    """Writes `email_accounts`."""

    def __init__(self, database: Database, *, scans: Scans, tasks: TaskReader, invoices: InvoiceReader) -> None:
        self._database = database
        self._accounts = database["email_accounts"]
        self._scans = scans
        self._tasks = tasks
        self._invoices = invoices

    async def ensure_indexes(self) -> None:
        """For listing a user's accounts, and the files of an account."""
        await self._accounts.create_index([("user_id", 1), ("created_at", 1), ("_id", 1)])
        await self._database["uploads.files"].create_index("metadata.account_id")
        await self._database["uploads.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)

    async def add(self, user_id: str, new: schemas.NewAccount) -> schemas.Account:
        """A new account without a mailbox yet."""
        if new.source.kind != "upload":
            raise Problem("unsupported_source", 'Only {"kind": "upload"} is supported now.')
        if await self._accounts.count_documents({"user_id": user_id}, limit=_MAX_ACCOUNTS) >= _MAX_ACCOUNTS:
            raise Problem("invalid_request", f"A user may have {_MAX_ACCOUNTS} accounts.")
        now = utc_now()
        document = {
            "_id": uuid.uuid4().hex,
            "user_id": user_id,
            "label": new.label,
            "source": {"kind": "upload", "upload": None},
            "created_at": now,
            "updated_at": now,
        }
        await self._accounts.insert_one(document)
        return _account(document, invoices=0, last_scan=None)

    async def list(self, user_id: str) -> schemas.Accounts:
        """The user's accounts, oldest first."""
        documents = await self._accounts.find({"user_id": user_id}).sort([("created_at", 1), ("_id", 1)]).to_list(None)
        scans = await self._tasks.newest_of_accounts(user_id)
        counts = await self._invoices.counts(user_id)
        return schemas.Accounts(
            items=[
                _account(document, invoices=counts.get(document["_id"], 0), last_scan=scans.get(document["_id"]))
                for document in documents
            ]
        )

    async def get(self, user_id: str, account_id: str) -> schemas.Account:
        """One account of the user."""
        document = await self._accounts.find_one({"_id": account_id, "user_id": user_id})
        if document is None:
            raise not_found()
        return await self._shown(document)

    async def change(self, user_id: str, account_id: str, change: schemas.AccountChange) -> schemas.Account:
        """A new label."""
        document = await self._accounts.find_one_and_update(
            {"_id": account_id, "user_id": user_id},
            {"$set": {"label": change.label, "updated_at": utc_now()}},
            return_document=True,
        )
        if document is None:
            raise not_found()
        return await self._shown(document)

    async def remove(self, user_id: str, account_id: str) -> None:
        """Delete the account and its uploads. What was found in it stays."""
        mine = {"_id": account_id, "user_id": user_id}
        if await self._accounts.find_one(mine, projection={"_id": 1}) is None:
            raise not_found()
        if await self._scans.active(account_id) is not None:
            raise Problem("scan_running", "Cancel the scan first, or wait for its end.")
        uploads = self._database["uploads.files"].find({"metadata.account_id": account_id}, projection={"_id": 1})
        await self._accounts.delete_one(mine)
        async for file in uploads:
            await delete_file(self._database, "uploads", file["_id"])

    async def _shown(self, document: Document) -> schemas.Account:
        user_id, account_id = document["user_id"], document["_id"]
        scans = await self._tasks.newest_of_accounts(user_id, account_id)
        counts = await self._invoices.counts(user_id, account_id)
        return _account(document, invoices=counts.get(account_id, 0), last_scan=scans.get(account_id))


def _account(document: Document, *, invoices: int, last_scan: Task | None) -> schemas.Account:
    return schemas.Account(
        account_id=document["_id"],
        label=document["label"],
        source=schemas.Source.model_validate(document["source"]),
        invoices=invoices,
        last_scan=schemas.TaskSummary.model_validate(last_scan.model_dump()) if last_scan else None,
        health=_health(last_scan),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )


def _health(last_scan: Task | None) -> schemas.AccountHealth:
    if last_scan is None:
        return "new"
    if last_scan.status in (TaskStatus.PENDING, TaskStatus.PROGRESS):
        return "scanning"
    return "problem" if last_scan.status is TaskStatus.FAILURE else "healthy"
