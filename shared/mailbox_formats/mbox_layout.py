"""Boundaries between the messages of an mbox, the same for the api that checks it and the scanner
that splits it.

A message begins with a line "From " at the start of the file or after an empty line (RFC 4155).
Empty lines before the first message belong to no message: some programs leave them, and nothing is
lost.
"""

import re
from typing import NamedTuple

_EMPTY_LINES = re.compile(rb"(?:\r?\n)*")
_START = re.compile(_EMPTY_LINES.pattern + rb"From ")
_BOUNDARY = re.compile(rb"From (?:(?<=\n\nFrom )|(?<=\n\r\nFrom ))")
"""Begins with rare bytes, which are searched quickly, and looks back from there."""
_BOUNDARY_LENGTH = 8
_FROM = b"From "


class NotAnMbox(Exception):
    """The bytes do not begin with a "From " line."""


class MboxChunk(NamedTuple):
    """Bytes of an mbox, and the positions where messages start.

    The next chunk repeats the bytes from `end` on.
    """

    data: bytes
    starts: list[int]
    end: int


def is_mbox(head: bytes) -> bool:
    """Return whether a file that starts with these bytes is an mbox."""
    return _START.match(head) is not None


class MboxBoundaries:
    """Finds where messages start in consecutive bytes, split anywhere. Each start is returned once."""

    def __init__(self) -> None:
        self._carry = b""
        self._has_begun = False

    def feed(self, chunk: bytes) -> MboxChunk:
        """Return the starts that are certain with these bytes.

        Raises `NotAnMbox` if the first line is no "From ".
        """
        data = self._carry + chunk
        starts: list[int] = []
        searched = 0
        if not self._has_begun:
            first = self._first(data)
            if len(data) - first < len(_FROM):
                return self._keep(MboxChunk(data, starts, first))
            if not data.startswith(_FROM, first):
                raise NotAnMbox
            self._has_begun = True
            starts.append(first)
            searched = first + len(_FROM)
        starts += [boundary.start() for boundary in _BOUNDARY.finditer(data, searched)]
        # Kept back: what may be the first part of a boundary that the next bytes complete.
        end = max(starts[-1] if starts else 0, len(data) - _BOUNDARY_LENGTH + 1)
        return self._keep(MboxChunk(data, starts, end))

    def finish(self) -> MboxChunk:
        """Return the bytes that were kept back, after the last ones.

        Raises `NotAnMbox` if no message has started.
        """
        if self._carry and not self._has_begun:
            raise NotAnMbox
        rest, self._carry = self._carry, b""
        return MboxChunk(rest, [], len(rest))

    def _first(self, data: bytes) -> int:
        lines = _EMPTY_LINES.match(data)
        return 0 if lines is None else lines.end()

    def _keep(self, stretch: MboxChunk) -> MboxChunk:
        self._carry = stretch.data[stretch.end :]
        return stretch
