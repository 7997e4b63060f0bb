"""Reader of a mail server's responses (RFC 3501, section 7): it counts the bytes and bounds what it
holds of them."""

import io
import re
import socket
import ssl
from typing import NamedTuple

ResponsePart = bytes | tuple[bytes, bytes]
"""A line, or a line that ends in the size of a literal together with that literal: what
IMAPClient's parser takes."""

_MAX_LINE_BYTES = 16 * 1024 * 1024
"""A search without ESEARCH is answered in one line: this much is two million messages."""
_MAX_LITERALS = 3
"""Literals of the largest size that the responses to the commands in flight may hold together."""
_BUFFER_BYTES = 64 * 1024
_MAX_DIGITS = 12
_QUOTED_CHARACTERS = 1_000
_TAGGED = re.compile(rb"([A-Z]+\d+) (OK|NO|BAD)(?: (.*))?\Z", re.IGNORECASE)
_UNTAGGED = re.compile(rb"\* (?:(\d+) )?([A-Z-]+)(?: (.*))?", re.IGNORECASE)
_LITERAL = re.compile(rb"\{(\d+)\}\Z")

STATUS_KINDS = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})
"""Untagged responses that hold text for people, with a response code perhaps; they have no
literals."""


class ImapProtocolError(Exception):
    """The server ended the connection, broke the protocol or sent too much.

    The text may quote the server: it tells `error_mapping` more, and must not be logged.
    """


class UntaggedResponse(NamedTuple):
    """An untagged response: its kind in upper case, and the lines and literals that follow.

    A number before the kind, as in `* 3 FETCH`, begins the first line.
    """

    kind: str
    parts: list[ResponsePart]


class TaggedResponse(NamedTuple):
    """The end of a command; `status` is OK, NO or BAD."""

    tag: bytes
    status: str
    text: bytes


class Continuation(NamedTuple):
    """The server waits for another line of the client (`+`)."""

    text: bytes


class ResponseReader:
    """Reads the responses of one connection, one at a time.

    Blocks as long as the socket's timeout allows.
    """

    def __init__(self, sock: socket.socket, *, max_literal_bytes: int, bytes_read: int = 0) -> None:
        self._socket = _CountingSocket(sock, bytes_read)
        self._buffer = io.BufferedReader(self._socket, _BUFFER_BYTES)
        self._max_literal_bytes = max_literal_bytes
        self._exchange_start = bytes_read

    @property
    def bytes_read(self) -> int:
        """Return the number of bytes read so far, inside TLS where there is TLS."""
        return self._socket.bytes_read

    def begin_exchange(self) -> None:
        """Begin to count anew what the responses to the commands in flight take together."""
        self._exchange_start = self.bytes_read

    def has_buffered(self) -> bool:
        """Return whether bytes have come that were not read yet; the socket must not block now."""
        return bool(self._buffer.peek(1))

    def read(self) -> UntaggedResponse | TaggedResponse | Continuation:
        """Read one response. Raises `ImapProtocolError`, or OSError from the socket."""
        line = self._line()
        if line.startswith(b"+"):
            return Continuation(line[1:].lstrip(b" "))
        if tagged := _TAGGED.match(line):
            return TaggedResponse(tagged[1], tagged[2].decode("ascii").upper(), tagged[3] or b"")
        if untagged := _UNTAGGED.match(line):
            number, kind, rest = untagged[1], untagged[2].decode("ascii").upper(), untagged[3] or b""
            return UntaggedResponse(kind, self._parts(kind, rest if number is None else number + b" " + rest))
        raise ImapProtocolError(f"unexpected response: {line[:_QUOTED_CHARACTERS].decode('utf-8', 'replace')}")

    def close(self) -> None:
        """Close the buffer; the socket stays open."""
        self._buffer.close()

    def _parts(self, kind: str, line: bytes) -> list[ResponsePart]:
        parts: list[ResponsePart] = []
        if kind not in STATUS_KINDS:
            while line.endswith(b"}") and (literal := _LITERAL.search(line)):
                parts.append((line, self._literal(literal[1])))
                line = self._line()
        parts.append(line)
        return parts

    def _line(self) -> bytes:
        line = self._buffer.readline(_MAX_LINE_BYTES + 1)
        if len(line) > _MAX_LINE_BYTES or self._exceeds_exchange(0):
            raise ImapProtocolError("the server sent more than the largest response that was asked for")
        if not line.endswith(b"\r\n"):
            raise ImapProtocolError("the connection ended, or a line has no end")
        return line[:-2]

    def _literal(self, digits: bytes) -> bytes:
        size = int(digits) if len(digits) <= _MAX_DIGITS else None
        if size is None or size > self._max_literal_bytes or self._exceeds_exchange(size):
            raise ImapProtocolError("the server sent more than the largest response that was asked for")
        literal = self._buffer.read(size)
        if len(literal) < size:
            raise ImapProtocolError("the connection ended inside a literal")
        return literal

    def _exceeds_exchange(self, announced: int) -> bool:
        """Return whether the responses in flight take more than the largest that are ever asked
        for.

        They are held until their commands end, so their sum needs a bound, not only each one.
        """
        limit = _MAX_LITERALS * self._max_literal_bytes + _MAX_LINE_BYTES
        return self.bytes_read + announced - self._exchange_start > limit


class _CountingSocket(io.RawIOBase):
    """Gives out a socket's bytes and counts them."""

    def __init__(self, sock: socket.socket, bytes_read: int) -> None:
        self._sock = sock
        self.bytes_read = bytes_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int | None:  # type: ignore[override]
        try:
            count = self._sock.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        self.bytes_read += count
        return count
