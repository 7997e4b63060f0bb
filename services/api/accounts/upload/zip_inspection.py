"""Inspection of an uploaded zip of .eml files or Maildirs without unpacking it. Blocking: call it
in a thread."""

import zipfile
from typing import BinaryIO, cast

from services.api.http.problems import Problem
from shared.mailbox_formats.zip_layout import folder_of

_MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
"""Some 150,000 entries; each costs more memory once it is read than it takes in the file."""
_MAX_RATIO = 100
"""Mail packs 2 to 10 times; attached text rarely beyond 30."""


def count_messages(file: BinaryIO, *, max_unpacked_bytes: int) -> int:
    """Count the messages in the zip; raises `Problem` when it is broken, empty, holds none or is a
    bomb.

    The sizes are those that the zip declares; code that unpacks an entry must enforce them.
    """
    try:
        with zipfile.ZipFile(cast("BinaryIO", _GuardedFile(file))) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, OSError):
        raise Problem("not_a_mailbox", "The zip is damaged or of a kind that cannot be read.") from None
    messages = [entry for entry in entries if folder_of(entry.filename) is not None]
    if not entries:
        raise Problem("empty_mailbox", "The zip is empty.")
    if not messages:
        raise Problem("not_a_mailbox", "The zip holds neither .eml files nor a Maildir (folders cur and new).")
    if any(entry.flag_bits & 0x1 for entry in messages):
        raise Problem("not_a_mailbox", "The zip is protected by a password.")
    unpacked = sum(entry.file_size for entry in messages)
    packed = sum(entry.compress_size for entry in messages)
    if unpacked > max_unpacked_bytes or unpacked > _MAX_RATIO * max(packed, 1024):
        raise Problem("upload_too_large", "The zip unpacks to more than the limit.")
    return len(messages)


class _GuardedFile:
    """Limits a read of `zipfile`, which reads the whole directory at once and trusts its declared
    size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY_BYTES:
            raise Problem("upload_too_large", "The zip has too many entries.")
        return self._file.read(size)
