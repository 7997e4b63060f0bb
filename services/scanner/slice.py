"""The work of a slice: read its messages, have several examined at a time, store them in order, count."""

import asyncio
import time
from collections import deque
from contextlib import aclosing

from services.scanner.age import goes_back_to
from services.scanner.examining import Examiner
from services.scanner.findings import Examined, Findings
from services.scanner.plan import Slice
from services.scanner.repository.ledger import Ledger, Place
from services.scanner.runs.model import Claim, Counters
from services.scanner.sources.accounts import Accounts
from services.scanner.sources.base import Fetched

_BATCH_MESSAGES = 100
_BATCH_S = 0.5


class SliceWork:
    """Goes on where the ledger says that the last holder was; `counters` count what is stored, `read` this holder's."""

    listed = 0

    def __init__(
        self, claim: Claim, accounts: Accounts, examiner: Examiner, ledger: Ledger, findings: Findings, *, at_once: int
    ) -> None:
        self._run = claim.run
        self._accounts = accounts
        self._examiner = examiner
        self._ledger = ledger
        self._findings = findings
        self._at_once = at_once
        self._piece = Slice.from_document(claim.content)
        months = self._run["request"]["months"]
        self._not_before = None if months is None else goes_back_to(self._run["request"]["requested_at"], months)
        self._batch: list[Examined] = []
        self._stored_at = time.monotonic()
        self._kind = ""
        self.counters = Counters()
        self.read = 0

    async def run(self) -> None:
        """Every message of the slice gets its outcome."""
        source = await self._accounts.open(self._run["account_id"])
        self._kind = source.kind
        handled = await self._ledger.handled(self._run["account_id"], self._run["_id"], self._piece)
        self.counters = handled.counters
        under_way: deque[asyncio.Task[Examined]] = deque()
        try:
            async with aclosing(source.fetch(self._piece, skip=frozenset(handled.uids))) as messages:
                async for message in messages:
                    if len(under_way) >= self._at_once:
                        await self._take(await under_way.popleft())
                    under_way.append(asyncio.create_task(self._examine(message)))
            while under_way:
                await self._take(await under_way.popleft())
            await self._store()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _examine(self, message: Fetched) -> Examined:
        place = Place(
            user_id=self._run["user_id"],
            account_id=self._run["account_id"],
            task_id=self._run["_id"],
            folder=self._piece.folder,
            uidvalidity=self._piece.uidvalidity,
            uid=message.uid,
        )
        return await self._examiner.examine(message, place, not_before=self._not_before)

    async def _take(self, examined: Examined) -> None:
        self._batch.append(examined)
        if len(self._batch) >= _BATCH_MESSAGES or time.monotonic() - self._stored_at >= _BATCH_S:
            await self._store()

    async def _store(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self.counters += await self._findings.store(self._kind, batch)
            self.read += len(batch)
        self._stored_at = time.monotonic()
