"""Telling what an uploaded file is by its content, and counting its messages while it streams past. Pure."""

import re
from typing import Any, Literal

MailboxFormat = Literal["mbox", "eml", "zip"]

HEAD_BYTES = 64 * 1024
"""As much of the start as `detect` ever needs: mail header sections are far smaller."""

_ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC = b"PK\x05\x06"
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MAIL_FIELDS = frozenset(
    {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"return-path", b"mime-version", b"delivered-to"}
)
_SEPARATOR = re.compile(rb"\n\r?\nFrom ")
_SEPARATOR_BYTES = 8
_MARK_BYTES = len(b"From ")
_EVERY = 50
_MOST_ANCHORS = 4_000


def detect(head: bytes) -> MailboxFormat | None:
    """The format of a file that starts with `head` (all of it, or at least `HEAD_BYTES`); None when it is no mail.

    An .eml is told by its header section (RFC 5322 section 2.2): nothing but header fields, one of which every mail
    has.
    """
    if head.startswith((_ZIP_MAGIC, _EMPTY_ZIP_MAGIC)):
        return "zip"
    if head.lstrip(b"\r\n").startswith(b"From "):
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
    """Counts the messages of an mbox: lines that start with "From " at the start or after an empty line.

    Notes where one in `every` begins, more rarely once there are `most` such places, so that nobody has to read the
    whole file again to know what is in it.
    """

    def __init__(self, *, every: int = _EVERY, most: int = _MOST_ANCHORS) -> None:
        # An mbox starts as if an empty line came before it.
        self._tail = b"\n\n"
        self._fed = 0
        self._every = every
        self._most = most
        self._offsets: list[int] = []
        self.messages = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, cut anywhere."""
        data = self._tail + chunk
        begin = self._fed - len(self._tail)
        for match in _SEPARATOR.finditer(data):
            if match.end() > len(self._tail):
                self._note(begin + match.end() - _MARK_BYTES)
        self._tail = data[-(_SEPARATOR_BYTES - 1) :]
        self._fed += len(chunk)

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
