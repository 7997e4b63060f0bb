"""Format detection of uploaded files by content, and message counting while they stream. Pure."""

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
    """Return the format of a file that starts with `head`, or None if it is no mail.

    `head` is the whole file, or at least `HEAD_BYTES`. An .eml is recognised by its header section
    (RFC 5322 section 2.2): nothing but header fields, and one of those that every mail has.
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

    It also notes the offset of one message in `every`, and of fewer once there are `most` offsets,
    so that the scanner can start anywhere without reading the whole file.
    """

    def __init__(self, *, every: int = _EVERY, most: int = _MOST_ANCHORS) -> None:
        self._borders = MboxBoundaries()
        self._offset = 0
        self._every = every
        self._most = most
        self._offsets: list[int] = []
        self.messages = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, cut anywhere. Raises `NotAnMbox` if `detect` does not say that it is
        one."""
        _, starts, end = self._borders.feed(chunk)
        for begin in starts:
            self._note(self._offset + begin)
        self._offset += end

    @property
    def anchors(self) -> dict[str, Any]:
        """Return what the scanner reads: the number of messages, and the offsets of every `every`th
        one."""
        return {"messages": self.messages, "every": self._every, "offsets": self._offsets}

    def _note(self, offset: int) -> None:
        if self.messages % self._every == 0:
            if len(self._offsets) >= self._most:
                self._offsets = self._offsets[::2]
                self._every *= 2
            if self.messages % self._every == 0:
                self._offsets.append(offset)
        self.messages += 1
