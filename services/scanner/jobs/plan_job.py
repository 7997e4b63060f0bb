"""The work of a plan: list the mailbox, leave out what was read before, cut the rest into slices."""

from contextlib import aclosing

from services.scanner.read_ranges import Mark
from services.scanner.repository.ledger import Ledger
from services.scanner.runs.model import Claim
from services.scanner.slices import Cutter
from services.scanner.sources.base import Scope
from services.scanner.sources.factory import SourceFactory


class PlanWork:
    """Lists and cuts; the result is in `cutter`, `listed`, `skipped`, `marks` and `fetched`."""

    counters = None

    def __init__(self, claim: Claim, accounts: SourceFactory, ledger: Ledger, *, slice_messages: int) -> None:
        self._claim = claim
        self._accounts = accounts
        self._ledger = ledger
        self.cutter = Cutter(slice_messages)
        self.listed = 0
        self.skipped = 0
        self.marks = list[Mark]()
        self.fetched = 0

    async def run(self) -> None:
        """List the whole mailbox; nothing is stored."""
        source = await self._accounts.open(Scope.of(self._claim.run))
        folder: tuple[str, int] | None = None
        known: frozenset[int] = frozenset()
        async with aclosing(source.messages()) as messages:
            async for message in messages:
                self.listed += 1
                if (message.folder, message.uidvalidity) != folder:
                    folder = message.folder, message.uidvalidity
                    known = await self._read_before(*folder)
                if message.uid in known:
                    self.skipped += 1
                else:
                    self.cutter.add(message)
        self.marks = list(source.marks)
        self.fetched = source.overhead
        covered = sum(mark.covered for mark in self.marks)
        self.listed += covered
        self.skipped += covered

    async def _read_before(self, folder: str, uidvalidity: int) -> frozenset[int]:
        if self._claim.run["request"]["full"]:
            return frozenset()
        return await self._ledger.read_before(self._claim.run["account_id"], folder, uidvalidity)
