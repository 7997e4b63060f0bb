"""Job of a slice: reads its messages, has several groups examined at a time, stores in order."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from services.scanner.repository.ledger import Ledger, Place
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import ExaminedMessage, ResultWriter
from services.scanner.runs.model import Claim, Counters
from services.scanner.slices import Slice
from services.scanner.sources.base import FetchedMessage, Scope
from services.scanner.sources.factory import SourceFactory

_GROUP_MESSAGES = 16
_GROUP_BYTES = 256 * 1024
_BATCH_MESSAGES = 100
_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_S = 0.5


class SliceJob:
    """Continues where the ledger says that the last holder was.

    `counters` are those of all that this scan has stored of the slice; `read` counts the messages
    that this job has stored itself.
    """

    listed = 0

    def __init__(
        self,
        claim: Claim,
        accounts: SourceFactory,
        examiner: Examiner,
        ledger: Ledger,
        writer: ResultWriter,
        *,
        at_once: int,
    ) -> None:
        self._run = claim.run
        self._accounts = accounts
        self._examiner = examiner
        self._ledger = ledger
        self._writer = writer
        self._at_once = at_once
        self._slice = Slice.from_document(claim.content)
        self._scope = Scope.of(self._run)
        self._batch: list[ExaminedMessage] = []
        self._batch_bytes = 0
        self._stored_at = time.monotonic()
        self._source_kind = ""
        self.counters = Counters()
        self.read = 0

    async def run(self) -> None:
        """Give every message of the slice its outcome."""
        source = await self._accounts.open(self._scope)
        self._source_kind = source.kind
        handled = await self._ledger.handled(self._run["account_id"], self._run["_id"], self._slice)
        self.counters = handled.counters
        self._storing = asyncio.create_task(self._store([]))
        examining: deque[asyncio.Task[list[ExaminedMessage]]] = deque()
        try:
            async with aclosing(source.fetch(self._slice, skip=frozenset(handled.uids))) as messages:
                async for group in _groups(messages):
                    if len(examining) >= self._at_once:
                        await self._add_to_batch(await examining.popleft())
                    examining.append(asyncio.create_task(self._examine(group)))
            while examining:
                await self._add_to_batch(await examining.popleft())
            await self._start_storing()
            await self._storing
        finally:
            unfinished = (*examining, self._storing)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _examine(self, group: Sequence[FetchedMessage]) -> list[ExaminedMessage]:
        placed = [(message, self._place(message.uid)) for message in group]
        return await self._examiner.examine(placed, not_before=self._scope.not_before)

    def _place(self, uid: int) -> Place:
        return Place(
            user_id=self._run["user_id"],
            account_id=self._run["account_id"],
            task_id=self._run["_id"],
            folder=self._slice.folder,
            uidvalidity=self._slice.uidvalidity,
            uid=uid,
        )

    async def _add_to_batch(self, group: Sequence[ExaminedMessage]) -> None:
        self._batch += group
        self._batch_bytes += sum(len(content) for examined in group for content in examined.originals.values())
        full = len(self._batch) >= _BATCH_MESSAGES or self._batch_bytes >= _BATCH_BYTES
        if full or time.monotonic() - self._stored_at >= _BATCH_S:
            await self._start_storing()

    async def _start_storing(self) -> None:
        """Store one batch while the next is being examined, so that at most two are in memory."""
        await self._storing
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self._stored_at = time.monotonic()
        self._storing = asyncio.create_task(self._store(batch))

    async def _store(self, batch: list[ExaminedMessage]) -> None:
        if batch:
            self.counters += await self._writer.store(self._source_kind, batch)
            self.read += len(batch)


async def _groups(messages: AsyncIterator[FetchedMessage]) -> AsyncIterator[list[FetchedMessage]]:
    """Yield what one parser process gets at a time: several small messages, or one large one."""
    group: list[FetchedMessage] = []
    octets = 0
    async for message in messages:
        group.append(message)
        octets += len(message.raw or b"")
        if len(group) >= _GROUP_MESSAGES or octets >= _GROUP_BYTES:
            yield group
            group, octets = [], 0
    if group:
        yield group
