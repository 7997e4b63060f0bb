"""The work of a plan: list the mailbox, leave out what was read before, cut the rest into slices."""

from contextlib import aclosing

from services.scanner.plan import Cutter
from services.scanner.repository.ledger import Ledger
from services.scanner.runs.model import Claim
from services.scanner.sources.accounts import Accounts


class PlanWork:
    """Lists and cuts; the result is in `cutter`, `listed` and `skipped`."""

    counters = None

    def __init__(self, claim: Claim, accounts: Accounts, ledger: Ledger, *, slice_messages: int) -> None:
        self._claim = claim
        self._accounts = accounts
        self._ledger = ledger
        self.cutter = Cutter(slice_messages)
        self.listed = 0
        self.skipped = 0

    async def run(self) -> None:
        """List the whole mailbox; nothing is stored."""
        source = await self._accounts.open(self._claim.run["account_id"])
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

    async def _read_before(self, folder: str, uidvalidity: int) -> frozenset[int]:
        if self._claim.run["request"]["full"]:
            return frozenset()
        return await self._ledger.read_before(self._claim.run["account_id"], folder, uidvalidity)
