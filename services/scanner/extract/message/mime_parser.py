"""A fast MIME parser with the result of the standard one (`email.feedparser`).

The standard parser looks at each line of every body, and most bytes of a mailbox are base64. This
one searches for the boundary delimiters and takes what is between them whole, in a sixth of the
time. Header values are left to the standard library.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(
    # An mbox separator, a nameless field and a stray continuation line are skipped.
    rb"(?:From [^\r\n]*+|:[^\r\n]*+|[ \t][^\r\n]*+"
    # A field with its continuation lines (RFC 5322, 2.2.3).
    rb"|(?P<name>[!-9;-~]++):[ \t]*+(?P<value>[^\r\n]*+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*+)*+))(?:\r\n|\r|\n|\Z)"
)
_MBOX_SEPARATOR = b"From "
_AFTER_DELIMITER = re.compile(rb"(?P<closes>--)?[ \t]*+(?:\r\n|\r|\n|\Z)")
_MESSAGE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Entity:
    """A message or one part of it (RFC 2046): its header, and either parts or a body."""

    header: Message
    body: bytes
    parts: list["Entity"] | None = None

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding, in lower case."""
        return str(self.header.get("content-transfer-encoding", "")).strip().lower()

    def content(self) -> bytes:
        """Return the body, decoded as far as possible."""
        encoding = self.encoding
        try:
            if encoding == "base64":
                return binascii.a2b_base64(self.body)
            if encoding == "quoted-printable":
                return binascii.a2b_qp(self.body)
        except binascii.Error:
            pass  # the standard library decodes what it can
        if encoding in _PLAIN:
            return self.body
        self.header.set_payload(self.body.decode("ascii", "surrogateescape"))
        payload = self.header.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else self.body


_PLAIN = ("", "7bit", "8bit", "binary")


def parse(raw: bytes) -> Entity:
    """Parse a message (RFC 5322), however broken. Raises RecursionError if it is nested very
    deeply.

    Only a `message/delivery-status`, which never holds a document, is not split into parts.
    """
    return _parse_entity(raw)


def parse_header(raw: bytes) -> Message:
    """Parse the header of a message alone."""
    return _parse_header(raw)[0]


def _parse_entity(raw: bytes, *, default_type: str = "text/plain", is_part: bool = False) -> Entity:
    header, begin = _parse_header(raw)
    header.set_default_type(default_type)
    body = raw[begin:]
    kind = header.get_content_type()
    if kind.startswith("message/") and kind != "message/delivery-status":
        return Entity(header, b"", [_parse_entity(body, is_part=is_part)])
    if kind.startswith("multipart/"):
        boundary = header.get_boundary()
        parts = (
            _split_parts(body, b"--" + boundary.encode("utf-8", "surrogateescape")) if boundary is not None else body
        )
        if isinstance(parts, bytes):
            return Entity(header, parts)
        inner = _MESSAGE if kind == "multipart/digest" else "text/plain"
        return Entity(header, b"", [_parse_entity(part, default_type=inner, is_part=True) for part in parts])
    return Entity(header, _without_line_end(body) if is_part else body)


def _parse_header(raw: bytes) -> tuple[Message, int]:
    """Return the fields up to the first line that is none, and where the body begins."""
    header = Message()
    at = last = 0
    while (field := _FIELD.match(raw, at)) is not None and field.end() > at:
        if (name := field["name"]) is not None:
            header.set_raw(name.decode("ascii"), field["value"].decode("ascii", "surrogateescape"))
        last, at = at, field.end()
    if last and raw.startswith(_MBOX_SEPARATOR, last):
        return header, last  # the body begins with such a line
    empty = _LINE_END.match(raw, at)
    return header, empty.end() if empty is not None else at


def _split_parts(body: bytes, delimiter: bytes) -> list[bytes] | bytes:
    """Split a body at its delimiters; the line end before each one is still included.

    If no delimiter opens a part, returns the bytes up to the closing one.
    """
    parts: list[bytes] = []
    begin: int | None = None
    for start, end, closes in _delimiters(body, delimiter):
        if begin is None and closes:
            return body[:start]
        if begin is not None and start > begin:
            parts.append(body[begin:start])
            if closes:
                return parts
        begin = end
    return body if begin is None else [*parts, body[begin:]]


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each delimiter line, and whether it is the closing one."""
    if _LINE_END.search(delimiter) is not None:
        return
    at = body.find(delimiter)
    while at >= 0:
        rest = _AFTER_DELIMITER.match(body, at + len(delimiter)) if at == 0 or body[at - 1] in b"\r\n" else None
        if rest is not None:
            yield at, rest.end(), rest["closes"] is not None
        at = body.find(delimiter, rest.end() if rest is not None else at + 1)


def _without_line_end(body: bytes) -> bytes:
    """Drop the line end before a delimiter, which belongs to the delimiter (RFC 2046, 5.1.1)."""
    return body[:-2] if body.endswith(b"\r\n") else body[:-1] if body.endswith((b"\n", b"\r")) else body
