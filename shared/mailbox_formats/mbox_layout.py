"""Where the messages of an mbox begin: the api notes it and the scanner splits there, so both must see the same.

A message begins with a line "From " at the start of the file or after an empty line (RFC 4155). Empty lines before the
first message belong to none: programs that write mailboxes leave them, and nothing is lost with them.
"""

import re
from typing import NamedTuple

_EMPTY_LINES = re.compile(rb"(?:\r?\n)*")
_START = re.compile(_EMPTY_LINES.pattern + rb"From ")
_BORDER = re.compile(rb"From (?:(?<=\n\nFrom )|(?<=\n\r\nFrom ))")
"""Begins with what is rare, for which bytes are searched quickly, and looks back from there."""
_BORDER_LENGTH = 8
_MARK = b"From "


class NotAnMbox(Exception):
    """The bytes do not begin with a "From " line."""


class Stretch(NamedTuple):
    """Bytes of an mbox, and where in them messages begin. Those from `end` on come again with the next stretch."""

    data: bytes
    begins: list[int]
    end: int


def is_mbox(head: bytes) -> bool:
    """Whether a file that starts with these bytes is an mbox."""
    return _START.match(head) is not None


class Borders:
    """Finds the borders between messages in consecutive bytes, cut anywhere. Each is told once."""

    def __init__(self) -> None:
        self._carry = b""
        self._has_begun = False

    def feed(self, chunk: bytes) -> Stretch:
        """What is certain with these bytes. Raises `NotAnMbox` if the first that are no empty lines are no "From "."""
        data = self._carry + chunk
        begins: list[int] = []
        searched = 0
        if not self._has_begun:
            first = self._first(data)
            if len(data) - first < len(_MARK):
                return self._keep(Stretch(data, begins, first))
            if not data.startswith(_MARK, first):
                raise NotAnMbox
            self._has_begun = True
            begins.append(first)
            searched = first + len(_MARK)
        begins += [border.start() for border in _BORDER.finditer(data, searched)]
        # Kept back: what may be the beginning of a border that the next bytes complete.
        end = max(begins[-1] if begins else 0, len(data) - _BORDER_LENGTH + 1)
        return self._keep(Stretch(data, begins, end))

    def finish(self) -> Stretch:
        """What was kept back, once there are no more bytes. Raises `NotAnMbox` if it should have been a beginning."""
        if self._carry and not self._has_begun:
            raise NotAnMbox
        rest, self._carry = self._carry, b""
        return Stretch(rest, [], len(rest))

    def _first(self, data: bytes) -> int:
        lines = _EMPTY_LINES.match(data)
        return 0 if lines is None else lines.end()

    def _keep(self, stretch: Stretch) -> Stretch:
        self._carry = stretch.data[stretch.end :]
        return stretch
