"""Originals of found invoices, in GridFS form, once for each user and content."""

from bson.binary import Binary
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.scanner.extract.model import StoredDocument
from shared.events import utc_now
from shared.mongo import Database

_CHUNK_BYTES = 255 * 1024
_DUPLICATE_KEY = 11000


class Documents:
    """Writes `documents.chunks` and then `documents.files`, each as upserts: two writers, or one that died halfway,
    leave the same file, and a file that can be looked up is whole. GridFS's own writer deletes what it fails on."""

    def __init__(self, database: Database) -> None:
        self._files = database["documents.files"]
        self._chunks = database["documents.chunks"]

    async def store(self, user_id: str, document: StoredDocument, content: bytes) -> None:
        """Keep an original as `<user_id>/<sha256>`."""
        file_id = f"{user_id}/{document.sha256}"
        if await self._files.find_one({"_id": file_id}, {"_id": 1}) is not None:
            return
        await self._store_chunks(file_id, content)
        file = {
            "length": len(content),
            "chunkSize": _CHUNK_BYTES,
            "uploadDate": utc_now(),
            "filename": document.filename or document.sha256,
            "metadata": {"user_id": user_id, "content_type": document.content_type},
        }
        try:
            await self._files.update_one({"_id": file_id}, {"$setOnInsert": file}, upsert=True)
        except DuplicateKeyError:
            return  # another writer came first, with the same content

    async def _store_chunks(self, file_id: str, content: bytes) -> None:
        updates = [
            UpdateOne(
                {"files_id": file_id, "n": number},
                {"$setOnInsert": {"data": Binary(content[start : start + _CHUNK_BYTES])}},
                upsert=True,
            )
            for number, start in enumerate(range(0, len(content), _CHUNK_BYTES))
        ]
        try:
            await self._chunks.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
                raise
