"""Writer of one GridFS file in bounded memory.

The driver's own writer gathers up to 48 MB before it sends anything; this one sends batches of 4
MB. The file document comes first and gets its length last, so that even after a crash the chunks
have an owner by which they can be found and removed. Source: the GridFS specification (collections
`<bucket>.files` and `<bucket>.chunks`).
"""

from typing import Any

from bson import Binary

from shared.events import utc_now
from shared.mongo import Database

_CHUNK_BYTES = 255 * 1024
_BATCH_CHUNKS = 16


class GridFSWriter:
    """Writes one file into `bucket`: `begin`, `write` as often as needed, then `finish` or
    `abort`."""

    def __init__(
        self, database: Database, bucket: str, file_id: str, *, filename: str, metadata: dict[str, Any]
    ) -> None:
        self._database = database
        self._bucket = bucket
        self.file_id = file_id
        self._facts = {"filename": filename, "metadata": metadata, "chunkSize": _CHUNK_BYTES}
        self._buffer = bytearray()
        self._written = 0
        self._bytes = 0

    async def begin(self) -> None:
        """Insert the file document, which reserves the id."""
        document = {"_id": self.file_id, "length": 0, "uploadDate": utc_now(), **self._facts}
        await self._database[f"{self._bucket}.files"].insert_one(document)

    async def write(self, data: bytes) -> None:
        """Append `data`."""
        self._buffer += data
        self._bytes += len(data)
        if len(self._buffer) >= _BATCH_CHUNKS * _CHUNK_BYTES:
            await self._send(len(self._buffer) // _CHUNK_BYTES * _CHUNK_BYTES)

    async def finish(self, **metadata: Any) -> int:
        """Write the rest, the metadata known by now and the length; return the length in bytes."""
        await self._send(len(self._buffer))
        files = self._database[f"{self._bucket}.files"]
        known = {f"metadata.{name}": value for name, value in metadata.items()}
        facts = {"length": self._bytes, "uploadDate": utc_now(), **known}
        await files.update_one({"_id": self.file_id}, {"$set": facts})
        return self._bytes

    async def abort(self) -> None:
        """Remove all that was written."""
        await delete_file(self._database, self._bucket, self.file_id)

    async def _send(self, size: int) -> None:
        pieces = [bytes(self._buffer[at : min(at + _CHUNK_BYTES, size)]) for at in range(0, size, _CHUNK_BYTES)]
        if not pieces:
            return
        await self._database[f"{self._bucket}.chunks"].insert_many(
            [
                {"files_id": self.file_id, "n": n, "data": Binary(piece)}
                for n, piece in enumerate(pieces, start=self._written)
            ]
        )
        self._written += len(pieces)
        del self._buffer[:size]


async def delete_file(database: Database, bucket: str, file_id: str) -> None:
    """Remove a file: its chunks first, so that a crash in between leaves the document that names
    them."""
    await database[f"{bucket}.chunks"].delete_many({"files_id": file_id})
    await database[f"{bucket}.files"].delete_one({"_id": file_id})
