"""Walk over a message's parts that could hold an invoice: bodies, attachments, forwards,
archives."""

import binascii
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from services.scanner.extract.charsets import decode_bytes
from services.scanner.extract.content_type import HEAD_BYTES, IMAGE_KINDS, ContentKind, sniff, sniff_image
from services.scanner.extract.limits import Limits
from services.scanner.extract.message import headers
from services.scanner.extract.message.archives import ZipReader
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
    kind: ContentKind
    data: bytes
    """The content; bodies and other text are in UTF-8."""
    is_body: bool
    content_id: str | None = None
    """Content-ID of an image, by which an HTML body shows it."""

    @property
    def is_image(self) -> bool:
        """Whether the part needs OCR."""
        return self.kind in IMAGE_KINDS


class MessageWalker:
    """One pass over a message.

    Reasons for parts that were not entered are left in `refusals`, so that the rest is still read.
    """

    def __init__(self, limits: Limits) -> None:
        self.refusals: list[ReasonCode] = []
        self._limits = limits
        self._parts = 0
        self._zip_reader = ZipReader(limits)

    def parts(self, entity: Entity, path: str = "", depth: int = 0) -> Iterator[Part]:
        """Yield the parts of a message or of a multipart in it; `path` as in IMAP (RFC 3501,
        6.4.5)."""
        if depth > self._limits.nesting:
            self.refusals.append(ReasonCode.TOO_DEEP)
            return
        if entity.parts is not None:
            nested = entity.header.get_content_type() == "message/rfc822"
            for number, child in enumerate(entity.parts, start=1):
                child_path = path if nested and path else f"{path}.{number}" if path else str(number)
                yield from self.parts(child, child_path, depth + 1)
            return
        if not self._count_part():
            return
        part = _decode_part(entity, path or "1", images=self._limits.ocr_enabled)
        if part is not None:
            yield from self._expand(part, depth)

    def _count_part(self) -> bool:
        self._parts += 1
        if self._parts == self._limits.parts + 1:
            self.refusals.append(ReasonCode.TOO_MANY_PARTS)
        return self._parts <= self._limits.parts

    def _expand(self, part: Part, depth: int) -> Iterator[Part]:
        if part.kind == "mail":
            yield from self.parts(parse(part.data), part.path, depth + 1)
        elif part.kind != "zip":
            yield part
        elif depth >= self._limits.nesting:
            self.refusals.append(ReasonCode.TOO_DEEP)
        else:
            yield from self._unpack(part, depth)

    def _unpack(self, part: Part, depth: int) -> Iterator[Part]:
        try:
            for name, kind, data in self._zip_reader.members(part.data):
                if not self._count_part():
                    return
                yield from self._expand(Part(f"{part.path}/{name}"[:400], name, kind, data, is_body=False), depth + 1)
        except UnreadableError as error:
            self.refusals.append(error.reason)


def _decode_part(entity: Entity, path: str, *, images: bool) -> Part | None:
    message = entity.header
    declared = message.get_content_type()
    # Images and sound are most of a mailbox's bytes: their first bytes are enough to skip them.
    is_large = entity.encoding == "base64" and declared != "text/plain"
    if is_large and _kind(_base64_head(entity.body), declared, images=images) is None:
        return None
    data = entity.content()
    kind = _kind(data[:HEAD_BYTES], declared, images=images)
    if kind is None:
        return None
    filename = _filename(message)
    if kind in ("html", "text"):
        data = decode_bytes(data, _charset(message)).encode("utf-8", "replace")
    is_body = kind in ("html", "text") and filename is None and _disposition(message) != "attachment"
    content_id = str(message.get("content-id", "")).strip("<> \t\r\n") or None if kind in IMAGE_KINDS else None
    return Part(path, filename, kind, data, is_body, content_id)


def _kind(head: bytes, declared: str, *, images: bool) -> ContentKind | None:
    return sniff(head, declared) or (sniff_image(head) if images else None)


def _base64_head(body: bytes) -> bytes:
    """Decode the first bytes of a base64 body; other characters are ignored (RFC 2045, 6.8)."""
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
    # The name is shown and used in downloads, so folders are removed.
    return decoded.replace("\\", "/").rpartition("/")[2][:255] or None if decoded else None
