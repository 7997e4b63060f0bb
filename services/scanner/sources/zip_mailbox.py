"""Messages in a zip archive: loose .eml files and Maildir folders, read one by one and inside bounds."""

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from services.scanner.sources.base import Fetched
from shared.ledger_reasons import ReasonCode
from shared.mailbox_formats.zip_layout import folder_of

MOST_ENTRIES = 500_000
_MOST_RATIO = 200
_SMALL_BYTES = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_ENCRYPTED = 0x1
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class NotAnArchive(Exception):
    """The archive's directory cannot be read, or it has too many entries."""


@dataclass(frozen=True)
class Entry:
    """A message in the archive; `uid` is its ordinal among the sorted names of its folder."""

    folder: str
    uid: int
    info: zipfile.ZipInfo


class MailArchive:
    """The messages of an archive. Blocking: call it in a thread."""

    def __init__(self, file: BinaryIO, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        try:
            self._archive = zipfile.ZipFile(file)
        except _UNREADABLE as error:
            raise NotAnArchive from error
        if len(self._archive.infolist()) > MOST_ENTRIES:
            raise NotAnArchive

    def entries(self) -> Iterator[Entry]:
        """The messages, folder by folder, in the order of their names."""
        folders: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for info in self._archive.infolist():
            folder = folder_of(info.filename)
            if folder is not None and not info.is_dir():
                folders[folder].append(info)
        for folder in sorted(folders):
            for uid, info in enumerate(sorted(folders[folder], key=lambda info: info.filename), start=1):
                yield Entry(folder, uid, info)

    def read(self, entry: Entry) -> Fetched:
        """A message, unpacked no further than the bounds allow; the sizes that the archive claims are not believed."""
        if entry.info.flag_bits & _ENCRYPTED:
            return _refused(entry, ReasonCode.ARCHIVE_ENCRYPTED)
        most = min(self._most_bytes, max(_SMALL_BYTES, entry.info.compress_size * _MOST_RATIO))
        too_large = ReasonCode.MESSAGE_TOO_LARGE if most == self._most_bytes else ReasonCode.ARCHIVE_TOO_LARGE
        content = bytearray()
        try:
            with self._archive.open(entry.info) as member:
                while block := member.read(_BLOCK_BYTES):
                    content += block
                    if len(content) > most:
                        return _refused(entry, too_large)
        except _UNREADABLE:
            return _refused(entry, ReasonCode.ARCHIVE_BROKEN)
        return Fetched(entry.uid, len(content), bytes(content))


def _refused(entry: Entry, reason: ReasonCode) -> Fetched:
    return Fetched(entry.uid, entry.info.compress_size, None, reason)
