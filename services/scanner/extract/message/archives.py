"""Unpacking of zip archives; entries, bytes and ratio are limited by what is really read."""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from services.scanner.extract.content_type import HEAD_BYTES, ContentKind, sniff, sniff_image
from services.scanner.extract.limits import Limits
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_BLOCK = 64 * 1024
_ENCRYPTED = 0x1
# Office documents and Java archives are zip files too; they hold no invoice.
_CONTAINERS = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})
_SMALL = 1024 * 1024


class ZipReader:
    """Unpacks the zip archives of one message; the limit of bytes holds for all of them
    together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes_left = limits.zip_bytes

    def members(self, data: bytes) -> Iterator[tuple[str, ContentKind, bytes]]:
        """Yield name, type and content of the members that could be documents.

        Raises UnreadableError.
        """
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                entries = archive.infolist()
                if any(entry.filename in _CONTAINERS for entry in entries[:_CONTAINER_SEARCH]):
                    return
                if len(entries) > self._limits.zip_entries:
                    raise UnreadableError(ReasonCode.ARCHIVE_TOO_LARGE)
                for entry in entries:
                    if entry.is_dir():
                        continue
                    if entry.flag_bits & _ENCRYPTED:
                        raise UnreadableError(ReasonCode.ARCHIVE_ENCRYPTED)
                    content = self._read(archive, entry)
                    name = entry.filename.replace("\\", "/").rpartition("/")[2][:255]
                    kind = sniff(content[:HEAD_BYTES], "text/plain" if name.lower().endswith(".txt") else "")
                    if kind is None and self._limits.ocr_enabled:
                        kind = sniff_image(content)
                    if kind is not None:
                        yield name, kind, content
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            OSError,
            ValueError,
            RuntimeError,
        ) as error:
            raise UnreadableError(ReasonCode.ARCHIVE_BROKEN) from error

    def _read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        allowed = max(_SMALL, entry.compress_size * self._limits.zip_ratio)
        content = bytearray()
        with archive.open(entry) as member:
            while block := member.read(_BLOCK):
                content += block
                self._bytes_left -= len(block)
                if self._bytes_left < 0 or len(content) > allowed:
                    raise UnreadableError(ReasonCode.ARCHIVE_TOO_LARGE)
        return bytes(content)


_CONTAINER_SEARCH = 20
