"""Job of a plan: lists the mailbox, leaves out what was read before, cuts the rest into slices."""

from contextlib import aclosing

from services.scanner.read_ranges import FolderScanned
from services.scanner.repository.ledger import Ledger
from services.scanner.runs.model import Claim
from services.scanner.slices import SlicePlanner
from services.scanner.sources.base import Scope
from services.scanner.sources.factory import SourceFactory


class PlanJob:
    """Lists and cuts; the result is in `planner`, `listed`, `skipped`, `folders` and `fetched`."""

    counters = None

    def __init__(self, claim: Claim, accounts: SourceFactory, ledger: Ledger, *, slice_messages: int) -> None:
        self._claim = claim
        self._accounts = accounts
        self._ledger = ledger
        self.planner = SlicePlanner(slice_messages)
        self.listed = 0
        self.skipped = 0
        self.folders = list[FolderScanned]()
        self.fetched = 0

    async def run(self) -> None:
        """List the whole mailbox; store nothing."""
        source = await self._accounts.open(Scope.of(self._claim.run))
        folder: tuple[str, int] | None = None
        read: frozenset[int] = frozenset()
        async with aclosing(source.messages()) as messages:
            async for message in messages:
                self.listed += 1
                if (message.folder, message.uidvalidity) != folder:
                    folder = message.folder, message.uidvalidity
                    read = await self._read_before(*folder)
                if message.uid in read:
                    self.skipped += 1
                else:
                    self.planner.add(message)
        self.folders = list(source.marks)
        self.fetched = source.overhead
        covered = sum(folder_scanned.covered for folder_scanned in self.folders)
        self.listed += covered
        self.skipped += covered

    async def _read_before(self, folder: str, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of a folder that earlier scans have read; none for a full scan."""
        if self._claim.run["request"]["full"]:
            return frozenset()
        return await self._ledger.read_before(self._claim.run["account_id"], folder, uidvalidity)
