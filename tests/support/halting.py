"""Reading that stops before a message until the test lets it go on: a scan that still runs, however fast it is."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from unittest.mock import patch

from services.scanner.plan import Slice
from services.scanner.sources.base import Fetched
from services.scanner.sources.upload import MboxUpload


@contextmanager
def halted_before(uid: int) -> Iterator[asyncio.Event]:
    """No scanner of this process gets this message of an uploaded mbox, or a later one, before the event is set."""
    go_on, fetch = asyncio.Event(), MboxUpload.fetch

    async def halting(source: MboxUpload, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[Fetched, None]:
        async with aclosing(fetch(source, piece, skip=skip)) as messages:
            async for message in messages:
                if message.uid >= uid:
                    await go_on.wait()
                yield message

    with patch.object(MboxUpload, "fetch", halting):
        yield go_on
