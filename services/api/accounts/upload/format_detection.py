"""Telling what an uploaded file is by its content, and counting its messages while it streams past. Pure."""

import re
from typing import Any, Literal

from shared.mailbox_formats.mbox_layout import MboxBoundaries, is_mbox

MailboxFormat = Literal["mbox", "eml", "zip"]

HEAD_BYTES = 64 * 1024
"""As much of the start as `detect` ever needs: mail header sections are far smaller."""

_ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC = b"PK\x05\x06"
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MAIL_FIELDS = frozenset(
    {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"return-path", b"mime-version", b"delivered-to"}
)
_EVERY = 50
_MOST_ANCHORS = 4_000


def detect(head: bytes) -> MailboxFormat | None:
    """The format of a file that starts with `head` (all of it, or at least `HEAD_BYTES`); None when it is no mail.

    An .eml is told by its header section (RFC 5322 section 2.2): nothing but header fields, one of which every mail
    has.
    """
    if head.startswith((_ZIP_MAGIC, _EMPTY_ZIP_MAGIC)):
        return "zip"
    if is_mbox(head):
        return "mbox"
    return "eml" if _starts_with_mail_fields(head) else None


def _starts_with_mail_fields(head: bytes) -> bool:
    lines = head.split(b"\n")
    if len(head) >= HEAD_BYTES:
        lines.pop()  # cut off in the middle
    names = set()
    for line in (line.rstrip(b"\r") for line in lines):
        if not line:
            break
        field = _FIELD.match(line)
        if field:
            names.add(field[1].lower())
        elif not names or line[:1] not in b" \t":
            return False
    return not names.isdisjoint(_MAIL_FIELDS)


class MboxCounter:
    """Counts the messages of an mbox, by the rule that the scanner splits it by.

    Notes where one in `every` starts, more rarely once there are `most` such places, so that nobody has to read the
    whole file again to know what is in it.
    """

    def __init__(self, *, every: int = _EVERY, most: int = _MOST_ANCHORS) -> None:
        self._borders = MboxBoundaries()
        self._offset = 0
        self._every = every
        self._most = most
        self._offsets: list[int] = []
        self.messages = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, cut anywhere. Raises `NotAnMbox` if `detect` does not say that it is one."""
        _, starts, end = self._borders.feed(chunk)
        for begin in starts:
            self._note(self._offset + begin)
        self._offset += end

    @property
    def anchors(self) -> dict[str, Any]:
        """As the scanner reads it: `offsets` of the first message and of each `every`th after it, of `messages`."""
        return {"messages": self.messages, "every": self._every, "offsets": self._offsets}

    def _note(self, offset: int) -> None:
        if self.messages % self._every == 0:
            if len(self._offsets) >= self._most:
                self._offsets = self._offsets[::2]
                self._every *= 2
            if self.messages % self._every == 0:
                self._offsets.append(offset)
        self.messages += 1
