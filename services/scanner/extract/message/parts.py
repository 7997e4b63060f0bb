"""Walks a message and yields the parts that could hold an invoice: bodies, attachments, forwards, archive members."""

import binascii
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from services.scanner.extract.charsets import decode_bytes
from services.scanner.extract.content_type import HEAD_BYTES, PICTURES, Sniffed, sniff, sniff_picture
from services.scanner.extract.limits import Limits
from services.scanner.extract.message import headers
from services.scanner.extract.message.archives import Archive
from services.scanner.extract.message.mime_parser import Entity, parse
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_BASE64_HEAD = 4 * HEAD_BYTES // 3
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))


@dataclass(frozen=True, slots=True)
class Part:
    """One candidate document of a message, decoded."""

    path: str
    filename: str | None
    kind: Sniffed
    data: bytes
    """The content; of bodies and other text in UTF-8."""
    is_body: bool
    content_id: str | None = None
    """Of a picture: by this an HTML body shows it."""

    @property
    def is_picture(self) -> bool:
        """Whether it takes recognition of characters."""
        return self.kind in PICTURES


class Walk:
    """One pass over a message. What could not be entered is left in `refused`, so that the rest is still read."""

    def __init__(self, limits: Limits) -> None:
        self.refused: list[ReasonCode] = []
        self._limits = limits
        self._parts = 0
        self._archive = Archive(limits)

    def parts(self, entity: Entity, path: str = "", depth: int = 0) -> Iterator[Part]:
        """The parts of a message or of a multipart in it; `path` as in IMAP (RFC 3501, 6.4.5)."""
        if depth > self._limits.nesting:
            self.refused.append(ReasonCode.TOO_DEEP)
            return
        if entity.parts is not None:
            nested = entity.header.get_content_type() == "message/rfc822"
            for number, child in enumerate(entity.parts, start=1):
                child_path = path if nested and path else f"{path}.{number}" if path else str(number)
                yield from self.parts(child, child_path, depth + 1)
            return
        if not self._may_count():
            return
        part = _leaf(entity, path or "1", pictures=self._limits.reads_pictures)
        if part is not None:
            yield from self._opened(part, depth)

    def _may_count(self) -> bool:
        self._parts += 1
        if self._parts == self._limits.parts + 1:
            self.refused.append(ReasonCode.TOO_MANY_PARTS)
        return self._parts <= self._limits.parts

    def _opened(self, part: Part, depth: int) -> Iterator[Part]:
        if part.kind == "mail":
            yield from self.parts(parse(part.data), part.path, depth + 1)
        elif part.kind != "zip":
            yield part
        elif depth >= self._limits.nesting:
            self.refused.append(ReasonCode.TOO_DEEP)
        else:
            yield from self._unpacked(part, depth)

    def _unpacked(self, part: Part, depth: int) -> Iterator[Part]:
        try:
            for name, kind, data in self._archive.members(part.data):
                if not self._may_count():
                    return
                yield from self._opened(Part(f"{part.path}/{name}"[:400], name, kind, data, is_body=False), depth + 1)
        except UnreadableError as error:
            self.refused.append(error.reason)


def _leaf(entity: Entity, path: str, *, pictures: bool) -> Part | None:
    message = entity.header
    declared = message.get_content_type()
    # Pictures and sound are most of a mailbox's bytes: looked at before all is decoded.
    is_large = entity.encoding == "base64" and declared != "text/plain"
    if is_large and _kind(_head(entity.body), declared, pictures=pictures) is None:
        return None
    data = entity.content()
    kind = _kind(data[:HEAD_BYTES], declared, pictures=pictures)
    if kind is None:
        return None
    filename = _filename(message)
    if kind in ("html", "text"):
        data = decode_bytes(data, _charset(message)).encode("utf-8", "replace")
    is_body = kind in ("html", "text") and filename is None and _disposition(message) != "attachment"
    content_id = str(message.get("content-id", "")).strip("<> \t\r\n") or None if kind in PICTURES else None
    return Part(path, filename, kind, data, is_body, content_id)


def _kind(head: bytes, declared: str, *, pictures: bool) -> Sniffed | None:
    return sniff(head, declared) or (sniff_picture(head) if pictures else None)


def _head(body: bytes) -> bytes:
    """The first bytes of a base64 body; what is no letter of it is passed over (RFC 2045, 6.8)."""
    letters = body[: 2 * _BASE64_HEAD].translate(None, _NOT_BASE64)[:_BASE64_HEAD]
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4])


def _charset(message: Message) -> str | None:
    try:
        return message.get_content_charset()
    except (LookupError, ValueError):
        return None


def _disposition(message: Message) -> str | None:
    try:
        return message.get_content_disposition()
    except (AttributeError, ValueError):
        return None


def _filename(message: Message) -> str | None:
    try:
        name = message.get_filename()
    except (LookupError, ValueError, TypeError):
        return None
    if not name:
        return None
    holder = Message()
    holder["name"] = name.replace("\r", " ").replace("\n", " ")
    decoded = headers.header(holder, "name")
    # A name is shown and used in downloads: no folders.
    return decoded.replace("\\", "/").rpartition("/")[2][:255] or None if decoded else None
