"""Reading that stops before a message until the test lets it go on: a scan that still runs, however fast it is."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from services.scanner.slices import Slice
from services.scanner.sources.base import FetchedMessage
from services.scanner.sources.upload import MboxUpload
from tests.support.waiting import Arrivals


@dataclass
class Halt:
    """Where readers stand, and what lets them all go on."""

    at: Arrivals[int] = field(default_factory=Arrivals)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


@contextmanager
def halted_before(uid: int) -> Iterator[Halt]:
    """No scanner of this process gets this message of an uploaded mbox, or a later one, before it may go on."""
    halt, fetch = Halt(), MboxUpload.fetch

    async def halting(
        source: MboxUpload, piece: Slice, *, skip: frozenset[int]
    ) -> AsyncGenerator[FetchedMessage, None]:
        async with aclosing(fetch(source, piece, skip=skip)) as messages:
            async for message in messages:
                if message.uid >= uid and not halt.go_on.is_set():
                    await halt.at.add(message.uid)
                    await halt.go_on.wait()
                yield message

    with patch.object(MboxUpload, "fetch", halting):
        yield halt
