"""A mailbox on a mail server as a source: folders and uids when it is listed, then the parts that matter."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence, Set
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.read_dates import headers_of
from services.scanner.read_ranges import FolderScanned
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.ledger import Ledger
from services.scanner.slices import Listed, Slice
from services.scanner.sources.base import Fetched, Scope
from services.scanner.sources.imap.fetch_batches import Unread, read
from services.scanner.sources.imap.folders import wanted
from services.scanner.sources.imap.listing import first_day, list_folder
from services.scanner.sources.imap.pool import Connections
from services.scanner.sources.imap.responses import Overview
from services.scanner.sources.imap.session import Session
from shared.ledger_reasons import ReasonCode
from shared.mailboxes import ImapMailbox

_LOOKED_AT_ONCE = 50
_READ_AT_ONCE_BYTES = 2 * 1024 * 1024

T = TypeVar("T")


class ImapSource:
    """One scan's view of an account on a mail server."""

    kind = "imap"

    def __init__(
        self,
        mailbox: ImapMailbox,
        scope: Scope,
        connections: Connections,
        cursors: Cursors,
        ledger: Ledger,
        *,
        most_bytes: int,
        pictures: bool = False,
    ) -> None:
        self.marks = list[FolderScanned]()
        self.overhead = 0
        self._mailbox = mailbox
        self._scope = scope
        self._connections = connections
        self._cursors = cursors
        self._ledger = ledger
        self._most_bytes = most_bytes
        self._pictures = pictures

    async def messages(self) -> AsyncGenerator[Listed, None]:
        """The messages that no earlier scan has covered, folder by folder."""
        async with self._connections.session(self._scope.account_id, self._mailbox) as session:
            before = session.octets if session.was_used else 0
            mailbox = session.mailbox
            folders, missing = wanted(
                await session.run(mailbox.folders),
                self._mailbox.folders,
                everything=self._scope.everything,
                gmail=mailbox.is_gmail,
            )
            if missing:
                raise PermanentFailure(ErrorCode.FOLDER_MISSING)
            cursors = {} if self._scope.full else await self._cursors.by_folder(self._scope.account_id)
            since = first_day(self._scope.not_before)
            states = await session.run(mailbox.states, folders)
            for folder, state in zip(folders, states, strict=True):
                if state is None and self._mailbox.folders:
                    raise PermanentFailure(ErrorCode.FOLDER_MISSING)
                if state is None:
                    continue
                waiting = await self._ledger.waiting(
                    self._scope.account_id, folder.name, state.uidvalidity, self._scope.not_before
                )
                cursor = cursors.get(folder.name)
                listing = await session.run(list_folder, mailbox, folder, state, since, cursor, waiting)
                for uid in listing.uids:
                    yield Listed(folder.name, listing.mark.uidvalidity, uid)
                self.marks.append(listing.mark)
                self.overhead = session.octets - before

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[Fetched, None]:
        """The slice's messages, the next ones being read while these are examined."""
        uids = [uid for uid in piece.numbers() if uid not in skip]
        async with self._connections.session(self._scope.account_id, self._mailbox) as session:
            account = _Account(session)
            uidvalidity = await session.run(session.mailbox.examine, piece.folder)
            if uidvalidity != piece.uidvalidity:
                # The next scan lists the folder anew, under its new number.
                for message in account.settled([_not_there(uid) for uid in uids]):
                    yield message
                return
            async with aclosing(_one_ahead(self._groups(session, uids, piece))) as groups:
                async for group in groups:
                    for message in account.settled(group):
                        yield message

    async def _groups(self, session: Session, uids: Sequence[int], piece: Slice) -> AsyncGenerator[list[Fetched], None]:
        """Messages in their order, some at a time: as many as can be held."""
        for at in range(0, len(uids), _LOOKED_AT_ONCE):
            chunk = uids[at : at + _LOOKED_AT_ONCE]
            overviews, refused = await session.run(session.mailbox.overviews, chunk)
            known = await self._read_elsewhere(overviews, piece)
            done = {uid: self._without_reading(uid, overviews.get(uid), refused, known) for uid in chunk}
            unread = {
                uid: Unread.of(overviews[uid], self._most_bytes, pictures=self._pictures)
                for uid in chunk
                if done[uid] is None
            }
            for group in _groups_by_size(chunk, unread):
                wanted = [unread[uid] for uid in group if uid in unread]
                came = await session.run(read, session.mailbox, wanted, self._most_bytes) if wanted else []
                read_now = {message.uid: message for message in came}
                yield [read_now.get(uid) or done[uid] or _not_there(uid) for uid in group]

    async def _read_elsewhere(self, overviews: Mapping[int, Overview], piece: Slice) -> frozenset[int]:
        """The messages that were read before in another folder, or under another number."""
        if self._scope.full:
            return frozenset()
        identities = {uid: one.identity for uid, one in overviews.items() if one.identity is not None}
        return await self._ledger.read_elsewhere(self._scope.account_id, piece.folder, piece.uidvalidity, identities)

    def _without_reading(
        self, uid: int, overview: Overview | None, refused: Set[int], known: Set[int]
    ) -> Fetched | None:
        """What becomes of a message of which no more is needed; None for one that is to be read."""
        if overview is None:
            return Fetched(uid, 0, None, ReasonCode.NOT_GIVEN_OUT) if uid in refused else _not_there(uid)
        if uid in known:
            moved = ReasonCode.READ_ELSEWHERE
            return Fetched(uid, overview.size, None, moved, identity=overview.identity, header=overview.header)
        if self._scope.not_before is not None and overview.header:
            sent = headers_of(overview.header).date
            if sent is not None and sent < self._scope.not_before:
                return Fetched(uid, overview.size, overview.header, identity=overview.identity)
        return None


class _Account:
    """Shares out what was read since the last time among the messages that came by it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._settled = session.octets if session.was_used else 0

    def settled(self, messages: Sequence[Fetched]) -> list[Fetched]:
        if not messages:
            return []
        octets, self._settled = self._session.octets - self._settled, self._session.octets
        each, first = divmod(octets, len(messages))
        return [replace(message, fetched=each + (first if at == 0 else 0)) for at, message in enumerate(messages)]


def _groups_by_size(uids: Sequence[int], unread: Mapping[int, Unread]) -> Iterator[list[int]]:
    group: list[int] = []
    octets = 0
    for uid in uids:
        group.append(uid)
        octets += unread[uid].octets if uid in unread else 0
        if octets >= _READ_AT_ONCE_BYTES:
            yield group
            group, octets = [], 0
    if group:
        yield group


def _not_there(uid: int) -> Fetched:
    return Fetched(uid, 0, None, ReasonCode.NOT_THERE)


async def _one_ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The same items, the next one always under way."""
    async with aclosing(items):
        ahead = asyncio.ensure_future(anext(items, None))
        try:
            while (item := await ahead) is not None:
                ahead = asyncio.ensure_future(anext(items, None))
                yield item
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
