"""Local mailboxes: a file as it is, or a folder of mail as a zip that is made while it is
uploaded."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cli.errors import CliError, UsageError

_CHUNK_BYTES = 256 * 1024
_MAILDIR_FOLDERS = frozenset({"cur", "new"})


class Source(Protocol):
    """A mailbox on this machine, ready for upload."""

    @property
    def label(self) -> str:
        """Return the name for the person; the account is called so."""

    @property
    def filename(self) -> str:
        """Return the file name of the upload."""

    @property
    def octets(self) -> int | None:
        """Return the number of bytes that `read` yields; None if unknown."""

    def read(self) -> Iterator[bytes]:
        """Yield the bytes in chunks; memory stays small whatever the size."""


@dataclass(frozen=True)
class FileSource:
    """An mbox, .eml or .zip file, uploaded byte for byte."""

    path: Path

    @property
    def label(self) -> str:
        """Return the file's name."""
        return _printable(self.path.name)

    @property
    def filename(self) -> str:
        """Return the file's name."""
        return self.label

    @property
    def octets(self) -> int | None:
        """Return the file's current size."""
        return self.path.stat().st_size

    def read(self) -> Iterator[bytes]:
        """Yield the file; bytes appended while it is read are left for the next scan."""
        left = self.octets or 0
        with self.path.open("rb") as file:
            while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class FolderSource:
    """A Maildir, or a folder with .eml files at any depth, uploaded as a zip."""

    path: Path
    messages: tuple[Path, ...]

    @property
    def label(self) -> str:
        """Return the folder's name."""
        return _printable(self.path.name)

    @property
    def filename(self) -> str:
        """Return the folder's name with the suffix .zip."""
        return f"{self.label}.zip"

    @property
    def octets(self) -> int | None:
        """Return None: the size is unknown before packing."""
        return None

    def read(self) -> Iterator[bytes]:
        """Yield the zip, entry by entry, in sorted order."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for message in self.messages:
                entry = zipfile.ZipInfo.from_file(message, message.relative_to(self.path), strict_timestamps=False)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w") as target, message.open("rb") as file:
                    while chunk := file.read(_CHUNK_BYTES):
                        target.write(chunk)
                        yield sink.take()
                yield sink.take()
        yield sink.take()


class _Sink:
    """A target of `zipfile` that cannot seek: keeps bytes until they are taken."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        self._kept += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer below."""

    def close(self) -> None:
        """Do nothing: remaining bytes are still taken."""

    def take(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        return taken


def open_source(text: str) -> Source:
    """Return the mailbox that a SOURCE argument names.

        Raises `CliError` when there is none that could be scanned. Whether a file really is a
    mailbox is for the API to decide.
    """
    if "://" in text:
        raise UsageError(
            f'"{text}" is not a mailbox. Use an mbox file, an .eml, a .zip, a Maildir, a folder of .eml, or '
            "imaps://user@host."
        )
    path = Path(text).expanduser()
    try:
        path = path.resolve(strict=True)
        return _folder(path) if path.is_dir() else _file(path)
    except FileNotFoundError:
        raise CliError(f'File or folder "{text}" not found.') from None
    except OSError as error:
        raise CliError(f'Cannot read "{text}": {error.strerror}.') from None


def _printable(name: str) -> str:
    # A name may hold bytes that are not UTF-8, which JSON cannot carry. The API limits labels to
    # 100 characters.
    return os.fsencode(name).decode("utf-8", "replace").strip()[:100]


def _file(path: Path) -> FileSource:
    if not path.is_file():
        raise CliError(f'"{path}" is neither a file nor a folder.')
    with path.open("rb") as file:
        if not file.read(1):
            raise CliError(f"{path.name} is empty.")
    return FileSource(path)


def _folder(path: Path) -> FolderSource:
    messages = tuple(sorted(found for found in path.rglob("*") if found.is_file() and _is_message(found)))
    if not messages:
        raise CliError(f"{path.name} contains no mail. Use a folder of .eml files, or a Maildir (with cur and new).")
    return FolderSource(path, messages)


def _is_message(path: Path) -> bool:
    return path.parent.name in _MAILDIR_FOLDERS or path.suffix.lower() == ".eml"
