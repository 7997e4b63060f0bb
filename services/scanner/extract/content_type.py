"""Detection of a document's type by its first bytes; names and declared types are often wrong."""

import re
from typing import Literal

HEAD_BYTES = 1024
ImageKind = Literal["png", "jpeg", "tiff", "webp"]
ContentKind = Literal["pdf", "xml", "html", "text", "zip", "mail", ImageKind]

CONTENT_TYPES: dict[ContentKind, str] = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "html": "text/html",
    "text": "text/plain",
    "zip": "application/zip",
    "mail": "message/rfc822",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "webp": "image/webp",
}

IMAGE_KINDS: frozenset[ContentKind] = frozenset({"png", "jpeg", "tiff", "webp"})

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|span|meta)\b", re.IGNORECASE)
_MAIL = re.compile(rb"\A(?:[A-Za-z][A-Za-z-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){3}")
_MAIL_SENDER = re.compile(rb"^from:", re.IGNORECASE | re.MULTILINE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def sniff(head: bytes, declared: str) -> ContentKind | None:
    """Return the type of a document by its first `HEAD_BYTES`, or None if it cannot hold an
    invoice.

    Only plain text needs the declared type.
    """
    if b"%PDF-" in head[:HEAD_BYTES]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    markup = _ascii(head).lstrip()
    if markup.startswith(b"<"):
        return "html" if declared == "text/html" or _HTML.search(markup) else "xml"
    if declared == "text/html":
        return "html"
    if _MAIL.match(head) and _MAIL_SENDER.search(head):
        return "mail"
    return "text" if declared == "text/plain" else None


def sniff_image(head: bytes) -> ImageKind | None:
    """Return the type of an image that can be read by OCR, by its first bytes."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    return "webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def _ascii(head: bytes) -> bytes:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "ignore").encode("ascii", "replace")
    if head[1:2] == b"\0" or head[:1] == b"\0":
        encoding = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        return head.decode(encoding, "ignore").encode("ascii", "replace")
    return head
