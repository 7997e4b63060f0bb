"""What can be scanned: a file as it is, or a folder of mail as a zip that is made while it is sent."""

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
    """A mailbox on this machine, ready to be sent."""

    @property
    def label(self) -> str:
        """The name that the person knows it by; the account is called so."""

    @property
    def filename(self) -> str:
        """The name that the upload is given."""

    @property
    def octets(self) -> int | None:
        """How many bytes `read` yields, if that is known before."""

    def read(self) -> Iterator[bytes]:
        """The bytes to send, in chunks; memory stays small whatever the size."""


@dataclass(frozen=True)
class FileSource:
    """An mbox, .eml or .zip file, sent byte for byte."""

    path: Path

    @property
    def label(self) -> str:
        """The file's name."""
        return _printable(self.path.name)

    @property
    def filename(self) -> str:
        """The file's name."""
        return self.label

    @property
    def octets(self) -> int | None:
        """The file's size now."""
        return self.path.stat().st_size

    def read(self) -> Iterator[bytes]:
        """The file; bytes appended while it is being read are left for the next scan."""
        left = self.octets or 0
        with self.path.open("rb") as file:
            while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True)
class FolderSource:
    """A Maildir, or a folder with .eml files at any depth, sent as a zip."""

    path: Path
    messages: tuple[Path, ...]

    @property
    def label(self) -> str:
        """The folder's name."""
        return _printable(self.path.name)

    @property
    def filename(self) -> str:
        """The folder's name with the ending of what is sent."""
        return f"{self.label}.zip"

    @property
    def octets(self) -> int | None:
        """Not known before it is packed."""
        return None

    def read(self) -> Iterator[bytes]:
        """The zip, entry by entry, in sorted order."""
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
    """What `zipfile` writes to when it cannot seek: keeps bytes until they are taken."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        self._kept += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do: there is nothing behind."""

    def close(self) -> None:
        """Nothing to do: what is left is still taken."""

    def take(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        return taken


def open_source(text: str) -> Source:
    """The mailbox that a SOURCE argument names.

    Raises `CliError` when there is none that could be scanned; whether a file really is a mailbox, the API tells.
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
        raise CliError(f'There is no file or folder "{text}".') from None
    except OSError as error:
        raise CliError(f'"{text}" cannot be read: {error.strerror}.') from None


def _printable(name: str) -> str:
    # A name may hold bytes that are no UTF-8, which no JSON can carry; and the API's labels end at 100 characters.
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
        raise CliError(
            f"{path.name} holds no mail. A folder of .eml files or a Maildir (with cur and new) can be scanned."
        )
    return FolderSource(path, messages)


def _is_message(path: Path) -> bool:
    return path.parent.name in _MAILDIR_FOLDERS or path.suffix.lower() == ".eml"
