"""Which parts of a message can hold an invoice, so that the others need not be read. Pure.

Attachments are told by their type and name; the first bytes of one that says neither decide. Bodies are most of what is
left, and few of them are invoices: small ones are read, large ones if the message speaks of invoices, orders or
payments in its subject, its sender, or the beginning of its text.
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
MOST_BODY_BYTES = 4 * 1024 * 1024

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


class Need(Enum):
    """What is to be done about a part."""

    WHOLE = auto()
    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


def need(node: Node) -> Need:
    """What is to be done about a leaf of a message."""
    if node.size == 0:
        return Need.NOTHING
    name = (node.filename or "").lower()
    if node.kind in _DOCUMENTS or node.kind.endswith("+xml") or name.endswith(_DOCUMENT_NAMES):
        return Need.WHOLE
    if node.kind in _BODIES:
        return Need.BODY
    return Need.NOTHING if _OTHER_TYPES.match(node.kind) else Need.HEAD


def may_be_page(node: Node, *, is_candidate: bool) -> bool:
    """Whether a leaf is a picture that characters may be recognised in: not a logo, and something speaks for it."""
    if node.kind not in _PICTURES or node.size < MIN_IMAGE_BYTES * 4 // 3:
        return False
    return is_candidate or is_named_as_document(node.filename or "")


def speaks_of_invoices(texts: Iterable[str]) -> bool:
    """Whether a subject, a sender or a piece of a body gives reason to read the body."""
    return any(has_wording(text) or _PAYMENT.search(text) is not None for text in texts)


def body_speaks_of_invoices(text: str) -> bool:
    """The same for the beginning of a body, where loose words would be everywhere."""
    return has_wording(text) or "schema.org" in text
