"""Use case: store an uploaded file as the mailbox of an account, or leave nothing behind."""

import asyncio
import datetime as dt
import hashlib
import tempfile
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from services.api.accounts.schemas import UploadedMailbox
from services.api.accounts.upload.format_detection import HEAD_BYTES, MailboxFormat, MboxCounter, detect
from services.api.accounts.upload.gridfs_writer import GridFSWriter, delete_file
from services.api.accounts.upload.zip_inspection import count_messages
from services.api.http.problems import Problem, not_found
from services.api.scans.start import ScanStarter
from shared.events import utc_now
from shared.mailboxes import NOT_DELETED
from shared.mongo import Database, Document

_BUCKET = "uploads"
_PIECE_BYTES = 1024 * 1024
_MAX_UNPACK_FACTOR = 4
"""A zip may unpack to this many times the upload limit."""
_ABANDONED = dt.timedelta(hours=24)
"""An older upload that is no account's mailbox was cut off by a crash."""


class MailboxUploads:
    """Writes the GridFS bucket `uploads` and `source.upload` of accounts."""

    def __init__(self, database: Database, *, scans: ScanStarter, max_bytes: int) -> None:
        self._database = database
        self._accounts = database["email_accounts"]
        self._scans = scans
        self.max_bytes = max_bytes
        """The largest mailbox."""

    async def replace(
        self, user_id: str, account_id: str, *, filename: str, size: int | None, body: AsyncIterator[bytes]
    ) -> UploadedMailbox:
        """Make `body` the mailbox of the account; `size` is its declared length, if it has one.

        Memory stays bounded whatever the size. The former file is removed once the new one is in
        place. Raises `Problem`: 404, 409 while a scan runs or for a mail server, 413, 422 for what
        is no mail.
        """
        account = await self._accounts.find_one({"_id": account_id, "user_id": user_id, **NOT_DELETED})
        if account is None:
            raise not_found()
        if account["source"]["kind"] != "upload":
            raise Problem("not_an_upload", "Start a scan; no upload is needed.")
        if size is not None and size > self.max_bytes:
            raise self._too_large()
        await self._refuse_while_scanning(account_id)
        digest = hashlib.sha256()
        async with aclosing(self._bounded(body, digest)) as bounded:
            head, kind = await _recognise(bounded)
            owner = {"user_id": user_id, "account_id": account_id}
            file = GridFSWriter(self._database, _BUCKET, uuid.uuid4().hex, filename=filename, metadata=owner)
            try:
                await file.begin()
                if kind == "zip":
                    messages = await self._store_zip(file, head, bounded)
                    octets = await file.finish()
                else:
                    counter = MboxCounter() if kind == "mbox" else None
                    await _store(file, head, bounded, counter)
                    messages = 1 if counter is None else counter.messages
                    octets = await file.finish(**({} if counter is None else {"anchors": counter.anchors}))
                stored = UploadedMailbox(messages=messages, bytes=octets, sha256=digest.hexdigest(), format=kind)
                await self._refuse_while_scanning(account_id)
                former = await self._swap(account, file.file_id, filename, stored)
            except BaseException:  # including a disconnect of the client and a stop of the service
                await file.abort()
                raise
        await self._remove_former(account_id, former, file.file_id)
        return stored

    async def _bounded(self, body: AsyncIterator[bytes], digest: "hashlib._Hash") -> AsyncGenerator[bytes, None]:
        received = 0
        async for chunk in body:
            received += len(chunk)
            if received > self.max_bytes:
                raise self._too_large()
            digest.update(chunk)
            yield chunk

    async def _store_zip(self, file: GridFSWriter, head: bytes, rest: AsyncIterator[bytes]) -> int:
        """Store a zip by way of a temporary file, as its directory, which is inspected first, is at
        its end."""
        with tempfile.TemporaryFile() as spool:
            await asyncio.to_thread(spool.write, head)
            async for chunk in rest:
                await asyncio.to_thread(spool.write, chunk)
            messages = await asyncio.to_thread(
                count_messages, spool, max_unpacked_bytes=_MAX_UNPACK_FACTOR * self.max_bytes
            )
            spool.seek(0)
            while piece := await asyncio.to_thread(spool.read, _PIECE_BYTES):
                await file.write(piece)
        return messages

    async def _swap(self, account: Document, file_id: str, filename: str, stored: UploadedMailbox) -> str | None:
        """Point the account to the new file; return the id of the former one."""
        now = utc_now()
        before = account["source"]["upload"] or {"uidvalidity": 0}
        upload = {
            "file_id": file_id,
            "filename": filename,
            "format": stored.format,
            "messages": stored.messages,
            "bytes": stored.bytes,
            "sha256": stored.sha256,
            "uidvalidity": max(int(now.timestamp() * 1000), before["uidvalidity"] + 1),
            "uploaded_at": now,
        }
        former = await self._accounts.find_one_and_update(
            {"_id": account["_id"], **NOT_DELETED}, {"$set": {"source.upload": upload, "updated_at": now}}
        )
        if former is None:
            raise not_found()
        return former["source"]["upload"]["file_id"] if former["source"]["upload"] else None

    async def _remove_former(self, account_id: str, former: str | None, current: str) -> None:
        """Remove the replaced file, and what a crash left of earlier uploads.

        A scan that was accepted at the very moment of the swap may still read the former file; then
        the next upload removes it.
        """
        if await self._scans.active(account_id) is not None:
            return
        abandoned = {"uploadDate": {"$lt": utc_now() - _ABANDONED}}
        others = {"metadata.account_id": account_id, "_id": {"$ne": current}, "$or": [{"_id": former}, abandoned]}
        async for file in self._database[f"{_BUCKET}.files"].find(others, projection={"_id": 1}):
            await delete_file(self._database, _BUCKET, file["_id"])

    async def _refuse_while_scanning(self, account_id: str) -> None:
        if await self._scans.active(account_id) is not None:
            raise Problem("scan_running", "Wait until the scan has ended, then replace the mailbox.")

    def _too_large(self) -> Problem:
        return Problem("upload_too_large", f"The limit is {self.max_bytes // 1024 // 1024} MiB.")


async def _recognise(chunks: AsyncIterator[bytes]) -> tuple[bytes, MailboxFormat]:
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    if not head:
        raise Problem("empty_mailbox", "The file is empty.")
    kind = detect(bytes(head))
    if kind is None:
        raise Problem("not_a_mailbox", "The file is neither mbox nor .eml nor zip.")
    return bytes(head), kind


async def _store(file: GridFSWriter, head: bytes, rest: AsyncIterator[bytes], counter: MboxCounter | None) -> None:
    await _store_piece(file, head, counter)
    async for chunk in rest:
        await _store_piece(file, chunk, counter)


async def _store_piece(file: GridFSWriter, piece: bytes, counter: MboxCounter | None) -> None:
    if counter is not None:
        counter.feed(piece)
    await file.write(piece)
