"""Originals of found invoices, in GridFS form, once for each user and content."""

from collections.abc import Sequence
from typing import NamedTuple

from bson.binary import Binary
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from services.scanner.extract.model import StoredDocument
from shared.events import utc_now
from shared.mongo import Collection, Database, Document, duplicate_key_indexes

_CHUNK_BYTES = 255 * 1024


class Original(NamedTuple):
    """A document that carried an invoice, for the user who has it."""

    user_id: str
    described: StoredDocument
    content: bytes

    @property
    def file_id(self) -> str:
        """Return the file's `_id`: `<user_id>/<sha256>`."""
        return f"{self.user_id}/{self.described.sha256}"


class Documents:
    """Writes `documents.chunks` and then `documents.files`.

    Every writer of a file writes the same content. So two writers, or one that died halfway, leave
    the same file, and a file that can be looked up is complete. GridFS's own writer would delete
    what it fails on.
    """

    def __init__(self, database: Database) -> None:
        self._files = database["documents.files"]
        self._chunks = database["documents.chunks"]

    async def store(self, originals: Sequence[Original]) -> None:
        """Store the originals that are not stored yet, in a few writes."""
        wanted = {original.file_id: original for original in originals}
        if not wanted:
            return
        async for file in self._files.find({"_id": {"$in": list(wanted)}}, {"_id": 1}):
            del wanted[file["_id"]]
        missing = list(wanted.values())
        await _write(self._chunks, [InsertOne(chunk) for original in missing for chunk in _chunks(original)])
        await _write(self._files, [_file(original) for original in missing])


def _chunks(original: Original) -> list[Document]:
    content = original.content
    return [
        {"files_id": original.file_id, "n": number, "data": Binary(content[start : start + _CHUNK_BYTES])}
        for number, start in enumerate(range(0, len(content), _CHUNK_BYTES))
    ]


def _file(original: Original) -> UpdateOne:
    described = original.described
    file = {
        "length": len(original.content),
        "chunkSize": _CHUNK_BYTES,
        "uploadDate": utc_now(),
        "filename": described.filename or described.sha256,
        "metadata": {"user_id": original.user_id, "content_type": described.content_type},
    }
    return UpdateOne({"_id": original.file_id}, {"$setOnInsert": file}, upsert=True)


async def _write(collection: Collection, writes: Sequence[InsertOne[Document] | UpdateOne]) -> None:
    """Execute the writes; ignore those that another writer has done already."""
    if not writes:
        return
    try:
        await collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        duplicate_key_indexes(error)
