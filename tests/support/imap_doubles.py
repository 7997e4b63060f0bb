"""What stands around an IMAP source where a test is about the conversation with the server and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from services.scanner.repository.cursors import Cursor, Cursors
from services.scanner.repository.ledger import Ledger
from services.scanner.sources.imap.login import Login
from services.scanner.sources.imap.pool import Connections
from shared.mailboxes import ImapMailbox
from tests.support.scripted_mail import LOGIN, Reached

if TYPE_CHECKING:
    from services.scanner.repository.connection_leases import ConnectionLeases


class _Free:
    """As many connections as anyone wants."""

    async def take(self, account_id: str) -> "_Free":  # noqa: ARG002 (interface)
        return self

    async def release(self) -> None:
        return


class _Always:
    """One login for everybody."""

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:  # noqa: ARG002 (interface)
        return LOGIN

    def refused(self, account_id: str, login: Login) -> bool:  # noqa: ARG002 (interface)
        return False


class _Nothing:
    """Neither cursors nor lines."""

    async def by_folder(self, account_id: str) -> dict[str, Cursor]:  # noqa: ARG002 (interface)
        return {}

    async def waiting(self, *_: object) -> frozenset[int]:
        return frozenset()

    async def read_elsewhere(self, *_: object) -> frozenset[int]:
        return frozenset()


@asynccontextmanager
async def plain_connections(reached: Reached) -> AsyncIterator[Connections]:
    """Connections to the server, closed at the end."""
    connections = Connections(reached.network, _Always(), cast("ConnectionLeases", _Free()), count=lambda _: None)
    try:
        yield connections
    finally:
        await connections.close()


def no_cursors() -> Cursors:
    """An account that was never scanned."""
    return cast("Cursors", _Nothing())


def no_ledger() -> Ledger:
    """A ledger without lines."""
    return cast("Ledger", _Nothing())
