"""Reader of the messages in a zip archive: .eml files and Maildir folders, one by one and inside
bounds."""

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from services.scanner.sources.base import FetchedMessage
from shared.ledger_reasons import ReasonCode
from shared.mailbox_formats.zip_layout import folder_of

MAX_ENTRIES = 500_000
_MAX_RATIO = 200
_SMALL_BYTES = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_ENCRYPTED = 0x1
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class InvalidArchiveError(Exception):
    """The archive's directory cannot be read, or it has too many entries."""


@dataclass(frozen=True)
class Entry:
    """A message in the archive; `uid` is its ordinal among the sorted names of its folder."""

    folder: str
    uid: int
    info: zipfile.ZipInfo


class MailArchive:
    """The messages of an archive. Blocking: call it in a thread."""

    def __init__(self, file: BinaryIO, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        try:
            self._archive = zipfile.ZipFile(file)
        except _UNREADABLE as error:
            raise InvalidArchiveError from error
        if len(self._archive.infolist()) > MAX_ENTRIES:
            raise InvalidArchiveError

    def entries(self) -> Iterator[Entry]:
        """Yield the messages, folder by folder, in the order of their names."""
        folders: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for info in self._archive.infolist():
            folder = folder_of(info.filename)
            if folder is not None and not info.is_dir():
                folders[folder].append(info)
        for folder in sorted(folders):
            for uid, info in enumerate(sorted(folders[folder], key=lambda info: info.filename), start=1):
                yield Entry(folder, uid, info)

    def read(self, entry: Entry) -> FetchedMessage:
        """Unpack a message as far as the bounds allow; the sizes that the archive states are not
        relied on."""
        if entry.info.flag_bits & _ENCRYPTED:
            return _refused(entry, ReasonCode.ARCHIVE_ENCRYPTED)
        most = min(self._max_bytes, max(_SMALL_BYTES, entry.info.compress_size * _MAX_RATIO))
        too_large = ReasonCode.MESSAGE_TOO_LARGE if most == self._max_bytes else ReasonCode.ARCHIVE_TOO_LARGE
        content = bytearray()
        try:
            with self._archive.open(entry.info) as member:
                while block := member.read(_BLOCK_BYTES):
                    content += block
                    if len(content) > most:
                        return _refused(entry, too_large)
        except _UNREADABLE:
            return _refused(entry, ReasonCode.ARCHIVE_BROKEN)
        return FetchedMessage(entry.uid, len(content), bytes(content))


def _refused(entry: Entry, reason: ReasonCode) -> FetchedMessage:
    return FetchedMessage(entry.uid, entry.info.compress_size, None, reason)
