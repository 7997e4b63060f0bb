"""Choice of the parts of a message that can hold an invoice, so that the others need not be read.
Pure.

Type and name decide about attachments, or else their first bytes. Bodies are most of what is left,
and few of them are invoices: small ones are read, large ones if the message mentions invoices,
orders or payments in its subject, its sender, or the beginning of its text.
"""

import re
from collections.abc import Iterable
from enum import Enum, auto

from services.scanner.extract.prefilter import MIN_IMAGE_BYTES, has_wording, is_named_as_document
from services.scanner.sources.imap.structure import Node

HEAD_BYTES = 1_440
"""Enough, in base64, for the sniffer."""
PEEK_BYTES = 4_096
SMALL_BODY_BYTES = 4_096
MAX_BODY_BYTES = 4 * 1024 * 1024

_DOCUMENTS = frozenset(
    {
        "application/pdf", "application/x-pdf", "application/acrobat", "application/xml", "text/xml",
        "application/zip", "application/x-zip-compressed", "application/x-zip", "message/rfc822", "message/global",
    }
)  # fmt: skip
_DOCUMENT_NAMES = (".pdf", ".xml", ".zip", ".eml", ".htm", ".html", ".ubl", ".cii")
_OTHER_TYPES = re.compile(
    r"(?:image|audio|video|font|model|multipart|message|text)/"
    r"|application/(?:pgp-|x-pgp|pkcs7|x-pkcs7|pkix|ics|msword|rtf|vnd\.(?:ms-|openxml|oasis|apple)|x-tar|gzip|x-gzip)"
)
_PICTURES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/tiff", "image/webp"})
_BODIES = frozenset({"text/plain", "text/html"})
_PAYMENT = re.compile(
    r"\b(?:pa(?:id|yment|yments|yable)|purchase[ds]?|ticket|tickets|trip|ride|stay|reservation|subscription|renewal"
    r"|renewed|statement|bill|bills|charge[ds]?|refund|accounts?|accounting|shop|store|sales)\b"
    r"|zahl|kauf|buchung|ticket|fahrt|abonnement|verlängerung|abrechnung|buchhaltung|versand|liefer"
    r"|paiement|achat|réservation|abonnement|remboursement|pago|compra|reserva|suscripci|reembolso"
    r"|pagament|acquist|prenotazion|rimborso|betaling|aankoop|betaald|płatno|zakup|rachunek|nota\b",
    re.IGNORECASE,
)


class ReadExtent(Enum):
    """How much of a part is read."""

    WHOLE = auto()
    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


def read_extent(node: Node) -> ReadExtent:
    """Return how much of a leaf is read."""
    if node.size == 0:
        return ReadExtent.NOTHING
    name = (node.filename or "").lower()
    if node.kind in _DOCUMENTS or node.kind.endswith("+xml") or name.endswith(_DOCUMENT_NAMES):
        return ReadExtent.WHOLE
    if node.kind in _BODIES:
        return ReadExtent.BODY
    return ReadExtent.NOTHING if _OTHER_TYPES.match(node.kind) else ReadExtent.HEAD


def may_be_page_image(node: Node, *, is_candidate: bool) -> bool:
    """Return whether a leaf may be a picture of a page: not a logo, and the message or its name
    suggests one."""
    if node.kind not in _PICTURES or node.size < MIN_IMAGE_BYTES * 4 // 3:
        return False
    return is_candidate or is_named_as_document(node.filename or "")


def mentions_invoices(texts: Iterable[str]) -> bool:
    """Return whether a subject, a sender or a piece of a body gives reason to read the body."""
    return any(has_wording(text) or _PAYMENT.search(text) is not None for text in texts)


def body_mentions_invoices(text: str) -> bool:
    """Return the same for the beginning of a body, where single words are too common to count."""
    return has_wording(text) or "schema.org" in text
