"""Reads a GridFS file from any place on, a few chunks ahead of whoever takes them.

The driver's own reader asks for 16 MB at a time, whatever is taken of it: a slice needs a quarter of that. Source: the
GridFS specification (collections `<bucket>.files` and `<bucket>.chunks`).
"""

import asyncio
from collections.abc import AsyncGenerator

from shared.mongo import Database, Document

_READ_BYTES = 2 * 1024 * 1024


class NoSuchFile(Exception):
    """The bucket has no file of this id."""


class BrokenFile(Exception):
    """A chunk is missing, or has not the size that it must have."""


class StoredFiles:
    """The files of a bucket."""

    def __init__(self, database: Database, bucket: str) -> None:
        self._files = database[f"{bucket}.files"]
        self._chunks = database[f"{bucket}.chunks"]

    async def read(self, file_id: str, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes from `offset`. Raises `NoSuchFile` or `BrokenFile`."""
        file = await self._files.find_one({"_id": file_id})
        if file is None:
            raise NoSuchFile
        size, length = int(file["chunkSize"]), int(file["length"])
        first, skipped = divmod(offset, size)
        last = (length - 1) // size
        step = max(1, _READ_BYTES // size)
        ahead = asyncio.create_task(self._some(file, first, step))
        try:
            for number in range(first, last + 1, step):
                chunks = await ahead
                if number + step <= last:
                    ahead = asyncio.create_task(self._some(file, number + step, step))
                for chunk in chunks:
                    yield chunk[skipped:]
                    skipped = 0
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _some(self, file: Document, first: int, number: int) -> list[bytes]:
        size, length = int(file["chunkSize"]), int(file["length"])
        numbers = range(first, min(first + number, (length + size - 1) // size))
        wanted = {"files_id": file["_id"], "n": {"$gte": numbers.start, "$lt": numbers.stop}}
        chunks = [bytes(chunk["data"]) async for chunk in self._chunks.find(wanted, {"_id": 0, "data": 1}).sort("n", 1)]
        if [len(chunk) for chunk in chunks] != [min(size, length - n * size) for n in numbers]:
            raise BrokenFile
        return chunks
