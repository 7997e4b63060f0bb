"""Splitting an mbox while it streams by: message borders, the bound on a message's size, and unquoting.

A message begins with a line "From " at the start of the file or after an empty line (RFC 4155); ">From " lines are
unquoted by one ">" as in mboxrd, which also reads what mboxo wrote, except for lines that were quoted before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BORDER = re.compile(rb"From (?:(?<=\n\nFrom )|(?<=\n\r\nFrom ))")
"""Begins with what is rare, for which bytes are searched quickly, and looks back from there."""
_BORDER_LENGTH = 8
_MARK = b"From "
_QUOTE, _SIGN = b">", b">From "
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


class NotAnMbox(Exception):
    """The bytes do not begin with a "From " line."""


@dataclass(frozen=True)
class MboxMessage:
    """One message: where its "From " line begins, how many bytes it takes with it, and what it says.

    `raw` is None if the splitter does not keep messages, or this one is larger than the limit.
    """

    offset: int
    size: int
    raw: bytes | None


class MboxSplitter:
    """Fed with consecutive bytes, gives the messages that are complete. `limit` bounds what is held of a message;
    None holds nothing, for who only wants the borders."""

    def __init__(self, *, offset: int = 0, limit: int | None) -> None:
        self._limit = limit
        self._carry = b""
        self._pieces: list[bytes] = []
        self._size = 0
        self._begin = offset
        self._checked = False

    def feed(self, chunk: bytes) -> Iterator[MboxMessage]:
        """The messages that end inside these bytes. Raises `NotAnMbox` if the very first ones are no "From " line."""
        data = self._carry + chunk
        if not self._checked:
            if len(data) < len(_MARK):
                self._carry = data
                return
            if not data.startswith(_MARK):
                raise NotAnMbox
            self._checked = True
        start = 0
        for border in _BORDER.finditer(data):
            end = border.end() - len(_MARK)
            self._append(data, start, end)
            yield self._take()
            start = end
        # Kept back: what may be the beginning of a border that the next bytes complete.
        keep = max(start, len(data) - _BORDER_LENGTH + 1)
        self._append(data, start, keep)
        self._carry = data[keep:]

    def finish(self) -> Iterator[MboxMessage]:
        """The last message, once there are no more bytes."""
        if not self._checked:
            if self._carry:
                raise NotAnMbox
            return
        self._append(self._carry, 0, len(self._carry))
        self._carry = b""
        yield self._take()

    def _append(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._limit is None:
            return
        if self._size > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(data[start:end])

    def _take(self) -> MboxMessage:
        held = self._limit is not None and self._size <= self._limit
        raw = _content(b"".join(self._pieces)) if held else None
        message = MboxMessage(self._begin, self._size, raw)
        self._begin += self._size
        self._size = 0
        self._pieces.clear()
        return message


def _content(entry: bytes) -> bytes:
    """The message of an entry: without its "From " line and the empty line that ends it, unquoted."""
    _, _, message = entry.partition(b"\n")
    if message.endswith(b"\n\r\n"):
        message = message[:-2]
    elif message.endswith(b"\n\n"):
        message = message[:-1]
    # A single byte is found several times as fast, and base64 has none.
    return _QUOTED.sub(rb"\1", message) if _QUOTE in message and _SIGN in message else message
