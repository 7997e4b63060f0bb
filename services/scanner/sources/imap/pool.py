"""Connections to mail accounts: as few as possible, used again by the next slice, no more than an account may have."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.repository.connection_leases import ConnectionLease, ConnectionLeases
from services.scanner.sources.base import Busy
from services.scanner.sources.imap.login import Logins
from services.scanner.sources.imap.session import Network, Session, opened
from shared.mailboxes import ImapMailbox

_IDLE_S = 5.0
_WAIT_S = 10.0
_ASK_AGAIN_S = 0.25


@dataclass
class _Idle:
    session: Session
    lease: ConnectionLease
    closing: asyncio.TimerHandle


class Connections:
    """Lends sessions out. `count` is told how many bytes were read."""

    def __init__(
        self, network: Network, logins: Logins, leases: ConnectionLeases, *, count: Callable[[int], None]
    ) -> None:
        self._network = network
        self._logins = logins
        self._leases = leases
        self._count = count
        self._idle: dict[tuple[str, ImapMailbox], list[_Idle]] = {}
        self._endings: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def session(self, account_id: str, mailbox: ImapMailbox) -> AsyncIterator[Session]:
        """A session for this while, kept for a few seconds afterwards. Raises `Busy`, `PermanentFailure` or OSError.

        Whoever leaves it with an exception, a cancellation too, may have left it in the middle of something: then it
        is cut.
        """
        lent = self._reused(account_id, mailbox)
        session, lease = lent if lent is not None else await self._made(account_id, mailbox)
        before = session.octets if session.was_used else 0
        try:
            yield session
        except BaseException:
            session.cut()
            self._count(session.octets - before)
            self._end(lease.release())
            raise
        self._count(session.octets - before)
        session.was_used = True
        self._keep((account_id, mailbox), session, lease)

    async def close(self) -> None:
        """Close those that are not in use."""
        for idle in [idle for waiting in self._idle.values() for idle in waiting]:
            idle.closing.cancel()
            self._end(_close(idle.session, idle.lease))
        self._idle.clear()
        await asyncio.gather(*self._endings, return_exceptions=True)

    def _reused(self, account_id: str, mailbox: ImapMailbox) -> tuple[Session, ConnectionLease] | None:
        waiting = self._idle.get((account_id, mailbox), [])
        while waiting:
            idle = waiting.pop()
            idle.closing.cancel()
            if not idle.session.has_said_something():
                return idle.session, idle.lease
            self._end(_close(idle.session, idle.lease))
        return None

    async def _made(self, account_id: str, mailbox: ImapMailbox) -> tuple[Session, ConnectionLease]:
        lease = await self._lease(account_id)
        try:
            return await logged_in(account_id, mailbox, self._logins, self._network), lease
        except BaseException:
            self._end(lease.release())
            raise

    async def _lease(self, account_id: str) -> ConnectionLease:
        """One that is free, if need be after a little while."""
        until = time.monotonic() + _WAIT_S
        while (lease := await self._leases.take(account_id)) is None:
            if time.monotonic() >= until:
                raise Busy
            await asyncio.sleep(_ASK_AGAIN_S)
        return lease

    def _keep(self, key: tuple[str, ImapMailbox], session: Session, lease: ConnectionLease) -> None:
        if session.is_broken:
            self._end(lease.release())
            return
        waiting = self._idle.setdefault(key, [])
        closing = asyncio.get_running_loop().call_later(_IDLE_S, lambda: self._expire(key, session))
        waiting.append(_Idle(session, lease, closing))

    def _expire(self, key: tuple[str, ImapMailbox], session: Session) -> None:
        waiting = self._idle.get(key, [])
        for idle in [idle for idle in waiting if idle.session is session]:
            waiting.remove(idle)
            self._end(_close(idle.session, idle.lease))
        if not waiting:
            self._idle.pop(key, None)

    def _end(self, ending: Coroutine[Any, Any, None]) -> None:
        """In a task of its own: whoever ends it may be cancelled."""
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)


async def logged_in(account_id: str, mailbox: ImapMailbox, logins: Logins, network: Network) -> Session:
    """A session of this account. A login that is refused is tried once more if there may be a better one by now."""
    login = await logins.login(account_id, mailbox)
    try:
        return await opened(mailbox, network, login)
    except PermanentFailure as failure:
        if failure.code is not ErrorCode.LOGIN_REFUSED or not logins.refused(account_id, login):
            raise
    login = await logins.login(account_id, mailbox)
    try:
        return await opened(mailbox, network, login)
    except PermanentFailure as failure:
        if failure.code is ErrorCode.LOGIN_REFUSED:
            logins.refused(account_id, login)
        raise


async def _close(session: Session, lease: ConnectionLease) -> None:
    await session.close()
    await lease.release()
