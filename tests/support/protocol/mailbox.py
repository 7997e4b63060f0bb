"""The mailbox that every account of the world holds."""

from collections.abc import AsyncGenerator, Sequence

from services.scanner.read_ranges import FolderScanned
from services.scanner.slices import Listed, Slice
from services.scanner.sources.base import FetchedMessage, Scope
from tests.support.protocol.gates import step

OPEN = "open the mailbox"
DEADLY = "read a message that kills its reader"
UIDVALIDITY = 7


class Mailbox:
    """Messages without content, which are told as too large to read: no parser is needed."""

    kind = "upload"
    marks: Sequence[FolderScanned] = ()
    overhead = 0

    def __init__(self, size: int) -> None:
        self.size = size
        self.deadly: frozenset[int] = frozenset()

    async def open(self, _: Scope) -> "Mailbox":
        """Stands for `Accounts.open`: a unit is held, and nothing is read yet."""
        async with step(OPEN):
            return self

    async def messages(self) -> AsyncGenerator[Listed, None]:
        for uid in range(1, self.size + 1):
            yield Listed("", UIDVALIDITY, uid)

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        for uid in piece.numbers():
            if uid in skip:
                continue
            if uid in self.deadly:
                async with step(DEADLY):
                    raise AssertionError("whoever comes here is to be killed")
            else:
                yield FetchedMessage(uid, 10, None)
