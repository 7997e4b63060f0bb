"""Doubles of the collaborators of an IMAP source, for tests of the conversation with the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from services.scanner.repository.cursors import Cursor, Cursors
from services.scanner.repository.ledger import Ledger
from services.scanner.sources.imap.login import Login
from services.scanner.sources.imap.pool import ConnectionPool
from shared.mailboxes import ImapMailbox
from tests.support.scripted_mail import LOGIN, Reached

if TYPE_CHECKING:
    from services.scanner.repository.connection_leases import ConnectionLeases


class _UnlimitedLeases:
    """Leases without a limit."""

    async def take(self, account_id: str) -> "_UnlimitedLeases":  # noqa: ARG002 (interface)
        return self

    async def release(self) -> None:
        return


class _FixedLogin:
    """A provider that gives the same login always."""

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:  # noqa: ARG002 (interface)
        return LOGIN

    def refused(self, account_id: str, login: Login) -> bool:  # noqa: ARG002 (interface)
        return False


class _EmptyRepository:
    """A repository without cursors or ledger entries."""

    async def by_folder(self, account_id: str) -> dict[str, Cursor]:  # noqa: ARG002 (interface)
        return {}

    async def waiting(self, *_: object) -> frozenset[int]:
        return frozenset()

    async def read_elsewhere(self, *_: object) -> frozenset[int]:
        return frozenset()


@asynccontextmanager
async def plain_connections(reached: Reached) -> AsyncIterator[ConnectionPool]:
    """Give a pool of connections to the server, closed at the end."""
    connections = ConnectionPool(
        reached.network, _FixedLogin(), cast("ConnectionLeases", _UnlimitedLeases()), count=lambda _: None
    )
    try:
        yield connections
    finally:
        await connections.close()


def no_cursors() -> Cursors:
    """Return the cursors of an account that was never scanned."""
    return cast("Cursors", _EmptyRepository())


def no_ledger() -> Ledger:
    """Return a ledger without entries."""
    return cast("Ledger", _EmptyRepository())
