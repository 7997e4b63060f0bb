"""Splitter of a streamed mbox into messages: it bounds their size and unquotes them.

`shared.mailbox_formats.mbox_layout` finds where messages begin. ">From " lines are unquoted by one
">" as in mboxrd, which also reads what mboxo wrote, except for lines that were quoted before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.mailbox_formats.mbox_layout import MboxBoundaries, MboxChunk

_QUOTE, _SIGN = b">", b">From "
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True)
class MboxMessage:
    """A message: the position of its "From " line, its size with that line, and its bytes.

    `raw` is None if the splitter does not keep messages, or this one is larger than the limit.
    """

    offset: int
    size: int
    raw: bytes | None


class MboxSplitter:
    """Takes consecutive bytes and gives the messages that are complete.

    `limit` is the largest message that is kept; None keeps none, for callers that only need the
    positions.
    """

    def __init__(self, *, offset: int = 0, limit: int | None) -> None:
        self._limit = limit
        self._borders = MboxBoundaries()
        self._offset = offset
        self._begin: int | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[MboxMessage]:
        """Yield the messages that end inside these bytes.

        Raises `NotAnMbox` if the first line is no "From " line.
        """
        return self._cut(self._borders.feed(chunk))

    def finish(self) -> Iterator[MboxMessage]:
        """Yield the last message, after all bytes were fed."""
        yield from self._cut(self._borders.finish())
        if self._begin is not None:
            yield self._take(self._begin)

    def _cut(self, stretch: MboxChunk) -> Iterator[MboxMessage]:
        data, starts, end = stretch
        start = 0
        for begin in starts:
            if self._begin is not None:
                self._append(data, start, begin)
                yield self._take(self._begin)
            self._begin = self._offset + begin
            start = begin
        if self._begin is not None:
            self._append(data, start, end)
        self._offset += end

    def _append(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._limit is None:
            return
        if self._size > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(data[start:end])

    def _take(self, begin: int) -> MboxMessage:
        held = self._limit is not None and self._size <= self._limit
        message = MboxMessage(begin, self._size, _content(b"".join(self._pieces)) if held else None)
        self._size = 0
        self._pieces.clear()
        return message


def _content(entry: bytes) -> bytes:
    """Return the message of an entry: unquoted, without its "From " line and the empty line at its
    end."""
    start, end = entry.find(b"\n") + 1 or len(entry), len(entry)
    if entry.endswith(b"\n\r\n", start):
        end -= 2
    elif entry.endswith(b"\n\n", start):
        end -= 1
    message = entry[start:end]
    # Searching a single byte is several times as fast, and base64 has none of them.
    return _QUOTED.sub(rb"\1", message) if _QUOTE in message and _SIGN in message else message
