"""Sources of uploaded mailboxes: mbox (streamed), .eml and zip (from a copy on local disk)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import islice

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.read_ranges import FolderScanned
from services.scanner.slices import Listed, Slice
from services.scanner.sources.base import FetchedMessage, Source
from services.scanner.sources.mbox import MboxMessage, MboxSplitter
from services.scanner.sources.spool import Spool
from services.scanner.sources.stored_file import FileDamagedError, FileMissingError, StoredFiles
from services.scanner.sources.zip_mailbox import Entry, InvalidArchiveError, MailArchive
from shared.ledger_reasons import ReasonCode
from shared.mailbox_formats.mbox_layout import NotAnMbox
from shared.mongo import Document

_KIND = "upload"
_LISTED_AT_ONCE = 1_000


class Upload:
    """An uploaded file, as `source.upload` of `email_accounts` describes it."""

    def __init__(
        self, files: StoredFiles, upload: Document, *, max_bytes: int, spool: Spool, count: Callable[[int], None]
    ) -> None:
        self.uidvalidity = int(upload["uidvalidity"])
        self.max_bytes = max_bytes
        self.file_id = str(upload["file_id"])
        self.spool = spool
        self.count = count
        self._files = files

    async def content(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """Read the stored bytes from `offset`."""
        try:
            async with aclosing(self._files.read(self.file_id, offset)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except FileMissingError:
            raise PermanentFailure(ErrorCode.MAILBOX_MISSING) from None
        except FileDamagedError:
            raise PermanentFailure(ErrorCode.MAILBOX_UNREADABLE) from None

    async def anchors(self) -> Document | None:
        """Return the positions of some of an mbox's messages, if the api has stored them."""
        try:
            return (await self._files.metadata(self.file_id)).get("anchors")
        except FileMissingError:
            raise PermanentFailure(ErrorCode.MAILBOX_MISSING) from None

    def check(self, piece: Slice) -> None:
        """Refuse a slice of another upload, whose uids mean other messages."""
        if piece.uidvalidity != self.uidvalidity:
            raise PermanentFailure(ErrorCode.MAILBOX_UNREADABLE)


class _Uploaded:
    """The common part of the sources for all formats."""

    kind = _KIND
    overhead = 0

    def __init__(self, upload: Upload) -> None:
        self.marks: list[FolderScanned] = []
        self._upload = upload

    def _fetched(self, message: FetchedMessage) -> FetchedMessage:
        self._upload.count(message.size)
        return message


class MboxUpload(_Uploaded):
    """An mbox of any size, never held in memory; a slice begins at the byte position of its first
    message."""

    async def messages(self) -> AsyncGenerator[Listed, None]:
        """List every message with its byte position, or that of one before it; uids are
        ordinals."""
        anchors = await self._upload.anchors()
        if anchors is not None:
            async for listed in self._list_by_anchors(anchors["messages"], anchors["every"], anchors["offsets"]):
                yield listed
            return
        uid = 0
        async for message in self._split(MboxSplitter(limit=None), 0):
            uid += 1
            yield Listed("", self._upload.uidvalidity, uid, message.offset)
        self.marks = [FolderScanned("", self._upload.uidvalidity, uid)]

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        """Read the slice's messages; one that is too large is skipped without being held."""
        self._upload.check(piece)
        offset = piece.position or 0
        wanted = frozenset(piece.numbers()) - skip
        uid = piece.uid_at_position - 1
        last = piece.uids[-1][1]
        splitter = MboxSplitter(offset=offset, limit=self._upload.max_bytes)
        async with aclosing(self._split(splitter, offset)) as split:
            async for message in split:
                uid += 1
                if uid in wanted:
                    refused = ReasonCode.MESSAGE_TOO_LARGE if message.raw is None else None
                    yield self._fetched(FetchedMessage(uid, message.size, message.raw, refused))
                if uid >= last:
                    return

    async def _list_by_anchors(self, messages: int, every: int, offsets: Sequence[int]) -> AsyncGenerator[Listed, None]:
        for number in range(messages):
            uid, before = number + 1, number % every
            start = uid - before if before else None
            yield Listed("", self._upload.uidvalidity, uid, offsets[number // every], start)
            if uid % _LISTED_AT_ONCE == 0:
                await asyncio.sleep(0)  # nothing else here lets other tasks run
        self.marks = [FolderScanned("", self._upload.uidvalidity, messages)]

    async def _split(self, splitter: MboxSplitter, offset: int) -> AsyncGenerator[MboxMessage, None]:
        try:
            async with aclosing(self._upload.content(offset)) as content:
                async for chunk in content:
                    for message in splitter.feed(chunk):
                        yield message
            for message in splitter.finish():
                yield message
        except NotAnMbox:
            raise PermanentFailure(ErrorCode.MAILBOX_UNREADABLE) from None


class EmlUpload(_Uploaded):
    """One message as a file."""

    async def messages(self) -> AsyncGenerator[Listed, None]:
        """List the one message."""
        yield Listed("", self._upload.uidvalidity, 1)
        self.marks = [FolderScanned("", self._upload.uidvalidity, 1)]

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        """Read the message, unless it is larger than allowed."""
        self._upload.check(piece)
        if 1 in skip:
            return
        content = bytearray()
        async for chunk in self._upload.content():
            content += chunk
            if len(content) > self._upload.max_bytes:
                yield self._fetched(FetchedMessage(1, len(content), None, ReasonCode.MESSAGE_TOO_LARGE))
                return
        yield self._fetched(FetchedMessage(1, len(content), bytes(content)))


class ZipUpload(_Uploaded):
    """An archive of .eml files or Maildir folders."""

    async def messages(self) -> AsyncGenerator[Listed, None]:
        """List every message; uids are ordinals of the sorted names in each folder."""
        async with self._archive() as archive:
            entries = archive.entries()
            last: dict[str, int] = {}
            while block := await asyncio.to_thread(_block, entries):
                for entry in block:
                    last[entry.folder] = entry.uid
                    yield Listed(entry.folder, self._upload.uidvalidity, entry.uid)
            self.marks = [FolderScanned(folder, self._upload.uidvalidity, uid) for folder, uid in last.items()]

    async def fetch(self, piece: Slice, *, skip: frozenset[int]) -> AsyncGenerator[FetchedMessage, None]:
        """Read the slice's messages, unpacking one after the other."""
        self._upload.check(piece)
        wanted = frozenset(piece.numbers()) - skip
        async with self._archive() as archive:
            for entry in await asyncio.to_thread(_wanted, archive, piece.folder, wanted):
                yield self._fetched(await asyncio.to_thread(archive.read, entry))

    @asynccontextmanager
    async def _archive(self) -> AsyncGenerator[MailArchive, None]:
        content = self._upload.content()
        async with aclosing(content):
            file = await self._upload.spool.open(self._upload.file_id, content)
        with file:
            try:
                archive = await asyncio.to_thread(MailArchive, file, max_bytes=self._upload.max_bytes)
            except InvalidArchiveError:
                raise PermanentFailure(ErrorCode.MAILBOX_UNREADABLE) from None
            yield archive


_FORMATS: dict[str, type[MboxUpload] | type[EmlUpload] | type[ZipUpload]] = {
    "mbox": MboxUpload,
    "eml": EmlUpload,
    "zip": ZipUpload,
}


def open_upload(
    files: StoredFiles, upload: Document, *, max_bytes: int, spool: Spool, count: Callable[[int], None]
) -> Source:
    """Return the source for an upload of a known format; `count` is called with the bytes read."""
    source = _FORMATS.get(upload["format"])
    if source is None:
        raise PermanentFailure(ErrorCode.MAILBOX_UNREADABLE)
    return source(Upload(files, upload, max_bytes=max_bytes, spool=spool, count=count))


def _block(entries: Iterator[Entry]) -> list[Entry]:
    return list(islice(entries, _LISTED_AT_ONCE))


def _wanted(archive: MailArchive, folder: str, uids: frozenset[int]) -> list[Entry]:
    return [entry for entry in archive.entries() if entry.folder == folder and entry.uid in uids]
