"""The work of a slice: read its messages, have several examined at a time, store them in order, count."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from services.scanner.repository.ledger import Ledger, Place
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import Examined, Findings
from services.scanner.runs.model import Claim, Counters
from services.scanner.slices import Slice
from services.scanner.sources.base import FetchedMessage, Scope
from services.scanner.sources.factory import SourceFactory

_GROUP_MESSAGES = 16
_GROUP_BYTES = 256 * 1024
_BATCH_MESSAGES = 100
_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_S = 0.5


class SliceWork:
    """Goes on where the ledger says that the last holder was; `counters` count what is stored, `read` this holder's."""

    listed = 0

    def __init__(
        self,
        claim: Claim,
        accounts: SourceFactory,
        examiner: Examiner,
        ledger: Ledger,
        findings: Findings,
        *,
        at_once: int,
    ) -> None:
        self._run = claim.run
        self._accounts = accounts
        self._examiner = examiner
        self._ledger = ledger
        self._findings = findings
        self._at_once = at_once
        self._piece = Slice.from_document(claim.content)
        self._scope = Scope.of(self._run)
        self._batch: list[Examined] = []
        self._batch_bytes = 0
        self._stored_at = time.monotonic()
        self._kind = ""
        self.counters = Counters()
        self.read = 0

    async def run(self) -> None:
        """Every message of the slice gets its outcome."""
        source = await self._accounts.open(self._scope)
        self._kind = source.kind
        handled = await self._ledger.handled(self._run["account_id"], self._run["_id"], self._piece)
        self.counters = handled.counters
        self._storing = asyncio.create_task(self._store([]))
        under_way: deque[asyncio.Task[list[Examined]]] = deque()
        try:
            async with aclosing(source.fetch(self._piece, skip=frozenset(handled.uids))) as messages:
                async for group in _groups(messages):
                    if len(under_way) >= self._at_once:
                        await self._take(await under_way.popleft())
                    under_way.append(asyncio.create_task(self._examine(group)))
            while under_way:
                await self._take(await under_way.popleft())
            await self._begin_storing()
            await self._storing
        finally:
            unfinished = (*under_way, self._storing)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _examine(self, group: Sequence[FetchedMessage]) -> list[Examined]:
        placed = [(message, self._place(message.uid)) for message in group]
        return await self._examiner.examine(placed, not_before=self._scope.not_before)

    def _place(self, uid: int) -> Place:
        return Place(
            user_id=self._run["user_id"],
            account_id=self._run["account_id"],
            task_id=self._run["_id"],
            folder=self._piece.folder,
            uidvalidity=self._piece.uidvalidity,
            uid=uid,
        )

    async def _take(self, group: Sequence[Examined]) -> None:
        self._batch += group
        self._batch_bytes += sum(len(content) for examined in group for content in examined.originals.values())
        full = len(self._batch) >= _BATCH_MESSAGES or self._batch_bytes >= _BATCH_BYTES
        if full or time.monotonic() - self._stored_at >= _BATCH_S:
            await self._begin_storing()

    async def _begin_storing(self) -> None:
        """One batch is stored while the next is being examined; so at most two are held."""
        await self._storing
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self._stored_at = time.monotonic()
        self._storing = asyncio.create_task(self._store(batch))

    async def _store(self, batch: list[Examined]) -> None:
        if batch:
            self.counters += await self._findings.store(self._kind, batch)
            self.read += len(batch)


async def _groups(messages: AsyncIterator[FetchedMessage]) -> AsyncIterator[list[FetchedMessage]]:
    """What one parser child gets at a time: several small messages, or one large one."""
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
