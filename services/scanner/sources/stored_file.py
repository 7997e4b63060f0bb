"""Reader of GridFS files from any offset, a few chunks ahead of its caller.

The driver's own reader fetches 16 MB at a time, and a slice needs a quarter of that. Source: the
GridFS specification (collections `<bucket>.files` and `<bucket>.chunks`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import islice

from shared.mongo import Database, Document

_READ_BYTES = 1024 * 1024
_AHEAD = 2
"""Reads in progress at a time, besides the one whose bytes the caller takes."""


class FileMissingError(Exception):
    """The bucket has no file of this id."""


class FileDamagedError(Exception):
    """A chunk is missing or has the wrong size."""


class StoredFiles:
    """The files of a bucket."""

    def __init__(self, database: Database, bucket: str) -> None:
        self._files = database[f"{bucket}.files"]
        self._chunks = database[f"{bucket}.chunks"]

    async def read(self, file_id: str, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """Read the bytes from `offset`. Raises `FileMissingError` or `FileDamagedError`."""
        file = await self._files.find_one({"_id": file_id})
        if file is None:
            raise FileMissingError
        size, length = int(file["chunkSize"]), int(file["length"])
        first, skipped = divmod(offset, size)
        last = (length - 1) // size
        step = max(1, _READ_BYTES // size)
        numbers = iter(range(first, last + 1, step))
        ahead = deque(asyncio.create_task(self._read_chunks(file, number, step)) for number in islice(numbers, _AHEAD))
        try:
            while ahead:
                chunks = await ahead.popleft()
                ahead += [asyncio.create_task(self._read_chunks(file, number, step)) for number in islice(numbers, 1)]
                for chunk in chunks:
                    yield chunk[skipped:]
                    skipped = 0
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def metadata(self, file_id: str) -> Document:
        """Return the metadata that were stored with the file. Raises `FileMissingError`."""
        file = await self._files.find_one({"_id": file_id}, {"metadata": 1})
        if file is None:
            raise FileMissingError
        metadata: Document = file.get("metadata") or {}
        return metadata

    async def _read_chunks(self, file: Document, first: int, number: int) -> list[bytes]:
        size, length = int(file["chunkSize"]), int(file["length"])
        numbers = range(first, min(first + number, (length + size - 1) // size))
        wanted = {"files_id": file["_id"], "n": {"$gte": numbers.start, "$lt": numbers.stop}}
        chunks = [bytes(chunk["data"]) async for chunk in self._chunks.find(wanted, {"_id": 0, "data": 1}).sort("n", 1)]
        if [len(chunk) for chunk in chunks] != [min(size, length - n * size) for n in numbers]:
            raise FileDamagedError
        return chunks
