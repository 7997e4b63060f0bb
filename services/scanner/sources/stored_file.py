"""Reads a GridFS file from any place on, a few chunks ahead of whoever takes them.

The driver's own reader asks for 16 MB at a time, whatever is taken of it: a slice needs a quarter of that. Source: the
GridFS specification (collections `<bucket>.files` and `<bucket>.chunks`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import islice

from shared.mongo import Database, Document

_READ_BYTES = 1024 * 1024
_AHEAD = 2
"""Reads under way at a time, beside the one whose bytes are being taken."""


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
        numbers = iter(range(first, last + 1, step))
        ahead = deque(asyncio.create_task(self._some(file, number, step)) for number in islice(numbers, _AHEAD))
        try:
            while ahead:
                chunks = await ahead.popleft()
                ahead += [asyncio.create_task(self._some(file, number, step)) for number in islice(numbers, 1)]
                for chunk in chunks:
                    yield chunk[skipped:]
                    skipped = 0
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def metadata(self, file_id: str) -> Document:
        """What whoever stored the file has noted with it. Raises `NoSuchFile`."""
        file = await self._files.find_one({"_id": file_id}, {"metadata": 1})
        if file is None:
            raise NoSuchFile
        noted: Document = file.get("metadata") or {}
        return noted

    async def _some(self, file: Document, first: int, number: int) -> list[bytes]:
        size, length = int(file["chunkSize"]), int(file["length"])
        numbers = range(first, min(first + number, (length + size - 1) // size))
        wanted = {"files_id": file["_id"], "n": {"$gte": numbers.start, "$lt": numbers.stop}}
        chunks = [bytes(chunk["data"]) async for chunk in self._chunks.find(wanted, {"_id": 0, "data": 1}).sort("n", 1)]
        if [len(chunk) for chunk in chunks] != [min(size, length - n * size) for n in numbers]:
            raise BrokenFile
        return chunks
