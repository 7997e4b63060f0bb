"""Reader of the originals of invoices."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from gridfs.errors import NoFile

from shared.invoices import Invoice
from shared.mongo import Database, GridFSBucket


@dataclass(frozen=True)
class StoredFile:
    """An original document, to be streamed. `id` names this content and this owner."""

    id: str
    filename: str
    length: int
    content_type: str
    """Told from its content by the scanner, never by the mail."""
    chunks: AsyncIterator[bytes]


class DocumentReader:
    """Reads the GridFS bucket `documents`."""

    def __init__(self, database: Database) -> None:
        self._documents = GridFSBucket(database, bucket_name="documents")

    async def original(self, invoice: Invoice) -> StoredFile | None:
        """Return the document that the invoice was read from; None when it is not kept."""
        for carrier in invoice.carriers:
            try:
                stored = f"{invoice.user_id}/{carrier.sha256}"
                file = await self._documents.open_download_stream(stored)
            except NoFile:
                continue
            content_type = (file.metadata or {}).get("content_type") or "application/octet-stream"
            name = carrier.filename or file.filename or "document"
            return StoredFile(stored, name, file.length, content_type, _chunks(file))
        return None


async def _chunks(file: Any) -> AsyncIterator[bytes]:
    while chunk := await file.readchunk():
        yield chunk
