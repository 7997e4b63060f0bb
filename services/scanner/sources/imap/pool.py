"""Pool of sessions by account: idle ones are used again, and leases bound how many an account has
at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.repository.connection_leases import ConnectionLease, ConnectionLeases
from services.scanner.sources.base import AccountBusyError
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.session import ImapSession, Network, open_session
from shared.mailboxes import ImapMailbox

_IDLE_S = 5.0
_WAIT_S = 10.0
_POLL_S = 0.25


@dataclass
class _IdleSession:
    session: ImapSession
    lease: ConnectionLease
    expiry: asyncio.TimerHandle


class ConnectionPool:
    """Lends out sessions; `count` is called with the bytes that each use has read."""

    def __init__(
        self, network: Network, logins: Logins, leases: ConnectionLeases, *, count: Callable[[int], None]
    ) -> None:
        self._network = network
        self._logins = logins
        self._leases = leases
        self._count = count
        self._idle: dict[tuple[str, ImapMailbox], list[_IdleSession]] = {}
        self._background: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def session(self, account_id: str, mailbox: ImapMailbox) -> AsyncIterator[ImapSession]:
        """Lend a session, which stays open for a few seconds afterwards.

        An exception inside, a cancellation too, may leave a command half done: then the session is
        aborted. Raises `AccountBusyError`, `PermanentFailure` or OSError.
        """
        lent = self._take_idle(account_id, mailbox)
        session, lease = lent if lent is not None else await self._open(account_id, mailbox)
        before = session.bytes_read if session.was_used else 0
        try:
            yield session
        except BaseException:
            session.abort()
            self._count(session.bytes_read - before)
            self._in_background(lease.release())
            raise
        self._count(session.bytes_read - before)
        session.was_used = True
        self._keep((account_id, mailbox), session, lease)

    async def close(self) -> None:
        """Close the idle sessions and wait for all that are closing."""
        for idle in [idle for idle_sessions in self._idle.values() for idle in idle_sessions]:
            idle.expiry.cancel()
            self._in_background(_close(idle.session, idle.lease))
        self._idle.clear()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _take_idle(self, account_id: str, mailbox: ImapMailbox) -> tuple[ImapSession, ConnectionLease] | None:
        idle_sessions = self._idle.get((account_id, mailbox), [])
        while idle_sessions:
            idle = idle_sessions.pop()
            idle.expiry.cancel()
            if not idle.session.has_unread_data():
                return idle.session, idle.lease
            self._in_background(_close(idle.session, idle.lease))
        return None

    async def _open(self, account_id: str, mailbox: ImapMailbox) -> tuple[ImapSession, ConnectionLease]:
        lease = await self._take_lease(account_id)
        try:
            return await open_account_session(account_id, mailbox, self._logins, self._network), lease
        except BaseException:
            self._in_background(lease.release())
            raise

    async def _take_lease(self, account_id: str) -> ConnectionLease:
        """Take a lease, waiting a while for a free one. Raises `AccountBusyError`."""
        until = time.monotonic() + _WAIT_S
        while (lease := await self._leases.take(account_id)) is None:
            if time.monotonic() >= until:
                raise AccountBusyError
            await asyncio.sleep(_POLL_S)
        return lease

    def _keep(self, key: tuple[str, ImapMailbox], session: ImapSession, lease: ConnectionLease) -> None:
        if session.is_broken:
            self._in_background(lease.release())
            return
        idle_sessions = self._idle.setdefault(key, [])
        expiry = asyncio.get_running_loop().call_later(_IDLE_S, lambda: self._expire(key, session))
        idle_sessions.append(_IdleSession(session, lease, expiry))

    def _expire(self, key: tuple[str, ImapMailbox], session: ImapSession) -> None:
        idle_sessions = self._idle.get(key, [])
        for idle in [idle for idle in idle_sessions if idle.session is session]:
            idle_sessions.remove(idle)
            self._in_background(_close(idle.session, idle.lease))
        if not idle_sessions:
            self._idle.pop(key, None)

    def _in_background(self, ending: Coroutine[Any, Any, None]) -> None:
        """Run it in a task of its own, because the caller may be cancelled."""
        task = asyncio.create_task(ending)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def open_account_session(account_id: str, mailbox: ImapMailbox, logins: Logins, network: Network) -> ImapSession:
    """Open a session of an account.

    A refused login is tried once more if the provider may have a newer one.
    """
    login = await logins.login(account_id, mailbox)
    try:
        return await open_session(mailbox, network, login)
    except PermanentFailure as failure:
        if failure.code is not ErrorCode.LOGIN_REFUSED or not logins.refused(account_id, login):
            raise
    login = await logins.login(account_id, mailbox)
    try:
        return await open_session(mailbox, network, login)
    except PermanentFailure as failure:
        if failure.code is ErrorCode.LOGIN_REFUSED:
            logins.refused(account_id, login)
        raise


async def _close(session: ImapSession, lease: ConnectionLease) -> None:
    await session.close()
    await lease.release()
