"""Source of a mailbox on a mail server: it lists folders and uids, then reads the parts that
matter."""

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
from services.scanner.sources.base import FetchedMessage, Scope
from services.scanner.sources.imap.fetch_batches import UnreadMessage, fetch_messages
from services.scanner.sources.imap.folders import select_folders
from services.scanner.sources.imap.listing import list_folder, search_since
from services.scanner.sources.imap.pool import ConnectionPool
from services.scanner.sources.imap.responses import MessageOverview
from services.scanner.sources.imap.session import ImapSession
from shared.ledger_reasons import ReasonCode
from shared.mailboxes import ImapMailbox

_OVERVIEWS_AT_ONCE = 50
_GROUP_BYTES = 2 * 1024 * 1024

T = TypeVar("T")


class ImapSource:
    """The source of one scan of an account on a mail server."""

    kind = "imap"

    def __init__(
        self,
        mailbox: ImapMailbox,
        scope: Scope,
        connections: ConnectionPool,
        cursors: Cursors,
        ledger: Ledger,
        *,
        max_bytes: int,
        pictures: bool = False,
    ) -> None:
        self.marks = list[FolderScanned]()
        self.overhead = 0
        self._mailbox = mailbox
        self._scope = scope
        self._connections = connections
        self._cursors = cursors
        self._ledger = ledger
        self._max_bytes = max_bytes
        self._pictures = pictures

    async def messages(self) -> AsyncGenerator[Listed, None]:
        """List the messages that no earlier scan has covered, folder by folder."""
        async with self._connections.session(self._scope.account_id, self._mailbox) as session:
            before = session.bytes_read if session.was_used else 0
            mailbox = session.mailbox
            folders, missing = select_folders(
                await session.run(mailbox.folders),
                self._mailbox.folders,
                everything=self._scope.everything,
                gmail=mailbox.is_gmail,
            )
            if missing:
                raise PermanentFailure(ErrorCode.FOLDER_MISSING)
            cursors = {} if self._scope.full else await self._cursors.by_folder(self._scope.account_id)
            since = search_since(self._scope.not_before)
            statuses = await session.run(mailbox.statuses, folders)
            for folder, state in zip(folders, statuses, strict=True):
                if state is None and self._mailbox.folders:
                    raise PermanentFailure(ErrorCode.FOLDER_MISSING)
                if state is None:
                    continue
                passed_over = await self._ledger.waiting(
                    self._scope.account_id, folder.name, state.uidvalidity, self._scope.not_before
                )
                cursor = cursors.get(folder.name)
                listing = await session.run(list_folder, mailbox, folder, state, since, cursor, passed_over)
                for uid in listing.uids:
                    yield Listed(folder.name, listing.mark.uidvalidity, uid)
                self.marks.append(listing.mark)
                self.overhead = session.bytes_read - before

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        """Read the slice's messages; the next ones are read while the caller examines these."""
        uids = [uid for uid in piece.numbers() if uid not in skip]
        async with self._connections.session(self._scope.account_id, self._mailbox) as session:
            accounting = _ByteAccounting(session)
            uidvalidity = await session.run(session.mailbox.examine, piece.folder)
            if uidvalidity != piece.uidvalidity:
                # The next scan lists the folder anew, under its new number.
                for message in accounting.with_bytes([_not_there(uid) for uid in uids]):
                    yield message
                return
            async with aclosing(_read_ahead(self._groups(session, uids, piece))) as groups:
                async for group in groups:
                    for message in accounting.with_bytes(group):
                        yield message

    async def _groups(
        self, session: ImapSession, uids: Sequence[int], piece: Slice
    ) -> AsyncGenerator[list[FetchedMessage], None]:
        """Yield the messages in order, as many at a time as can be held in memory."""
        for at in range(0, len(uids), _OVERVIEWS_AT_ONCE):
            chunk = uids[at : at + _OVERVIEWS_AT_ONCE]
            overviews, refused = await session.run(session.mailbox.fetch_overviews, chunk)
            known = await self._read_elsewhere(overviews, piece)
            done = {uid: self._without_reading(uid, overviews.get(uid), refused, known) for uid in chunk}
            unread = {
                uid: UnreadMessage.of(overviews[uid], self._max_bytes, pictures=self._pictures)
                for uid in chunk
                if done[uid] is None
            }
            for group in _groups_by_size(chunk, unread):
                wanted = [unread[uid] for uid in group if uid in unread]
                fetched = await session.run(fetch_messages, session.mailbox, wanted, self._max_bytes) if wanted else []
                read_now = {message.uid: message for message in fetched}
                yield [read_now.get(uid) or done[uid] or _not_there(uid) for uid in group]

    async def _read_elsewhere(self, overviews: Mapping[int, MessageOverview], piece: Slice) -> frozenset[int]:
        """Return the uids of messages that were read before in another folder, or under another
        uid."""
        if self._scope.full:
            return frozenset()
        identities = {uid: overview.identity for uid, overview in overviews.items() if overview.identity is not None}
        return await self._ledger.read_elsewhere(self._scope.account_id, piece.folder, piece.uidvalidity, identities)

    def _without_reading(
        self, uid: int, overview: MessageOverview | None, refused: Set[int], known: Set[int]
    ) -> FetchedMessage | None:
        """Return a message of which no more is needed; None for one that must be read."""
        if overview is None:
            return FetchedMessage(uid, 0, None, ReasonCode.NOT_GIVEN_OUT) if uid in refused else _not_there(uid)
        if uid in known:
            moved = ReasonCode.READ_ELSEWHERE
            return FetchedMessage(uid, overview.size, None, moved, identity=overview.identity, header=overview.header)
        if self._scope.not_before is not None and overview.header:
            sent = headers_of(overview.header).date
            if sent is not None and sent < self._scope.not_before:
                return FetchedMessage(uid, overview.size, overview.header, identity=overview.identity)
        return None


class _ByteAccounting:
    """Divides the bytes that a session has read since the last call among the messages that they
    brought."""

    def __init__(self, session: ImapSession) -> None:
        self._session = session
        self._counted = session.bytes_read if session.was_used else 0

    def with_bytes(self, messages: Sequence[FetchedMessage]) -> list[FetchedMessage]:
        if not messages:
            return []
        bytes_read, self._counted = self._session.bytes_read - self._counted, self._session.bytes_read
        each, first = divmod(bytes_read, len(messages))
        return [replace(message, fetched=each + (first if at == 0 else 0)) for at, message in enumerate(messages)]


def _groups_by_size(uids: Sequence[int], unread: Mapping[int, UnreadMessage]) -> Iterator[list[int]]:
    group: list[int] = []
    bytes_read = 0
    for uid in uids:
        group.append(uid)
        bytes_read += unread[uid].octets if uid in unread else 0
        if bytes_read >= _GROUP_BYTES:
            yield group
            group, bytes_read = [], 0
    if group:
        yield group


def _not_there(uid: int) -> FetchedMessage:
    return FetchedMessage(uid, 0, None, ReasonCode.NOT_THERE)


async def _read_ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield the same items, with the next one always being fetched."""
    async with aclosing(items):
        ahead = asyncio.ensure_future(anext(items, None))
        try:
            while (item := await ahead) is not None:
                ahead = asyncio.ensure_future(anext(items, None))
                yield item
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
