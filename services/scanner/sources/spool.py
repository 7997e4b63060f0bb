"""Copies of uploads on local disk, for formats that are read out of order; the last few are kept
for later slices."""

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO


class Spool:
    """Temporary copies by file id.

    A copy that is dropped stays readable for those that have it open.
    """

    def __init__(self, *, keep: int = 4) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mailtally-")
        self._keep = keep
        self._copies: OrderedDict[str, Path] = OrderedDict()
        self._lock = asyncio.Lock()
        self._made = 0

    async def open(self, file_id: str, content: AsyncIterator[bytes]) -> BinaryIO:
        """Open the copy of an upload; `content` is read only if there is no copy yet."""
        async with self._lock:
            path = self._copies.get(file_id)
            if path is None:
                path = await self._copy(content)
                self._copies[file_id] = path
            self._copies.move_to_end(file_id)
            open_session: BinaryIO = await asyncio.to_thread(path.open, "rb")
            while len(self._copies) > self._keep:
                _, dropped = self._copies.popitem(last=False)
                await asyncio.to_thread(dropped.unlink)
            return open_session

    async def _copy(self, content: AsyncIterator[bytes]) -> Path:
        self._made += 1
        path = Path(self._folder.name) / str(self._made)
        try:
            with path.open("wb") as file:
                async for chunk in content:
                    await asyncio.to_thread(file.write, chunk)
        except BaseException:
            path.unlink()
            raise
        return path

    def close(self) -> None:
        """Delete all copies."""
        self._folder.cleanup()
