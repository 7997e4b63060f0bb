"""Which attached pictures may be documents: most are logos, signs of social networks and what people have seen."""

from collections.abc import Iterator

from services.scanner.extract.message.image_names import LEAST_BYTES, is_named_as_document
from services.scanner.extract.message.parts import Part
from services.scanner.extract.ocr.pictures import sizes
from services.scanner.extract.prefilter import has_wording

_LEAST_SIDE, _LEAST_PIXELS = 300, 250_000
_LONGEST = 8
"""Longer side to shorter side: a receipt is long, but a banner is longer."""
_MOST_PICTURES = 5


def worth_recognising(parts: list[Part], subject: str | None, sender: str | None) -> Iterator[Part]:
    """The pictures that characters are to be recognised in, of a message that speaks of invoices.

    Neither those that an HTML body shows by their Content-ID, nor any that is as small or flat as a logo.
    """
    bodies = [part.data.decode("utf-8", "replace") for part in parts if part.is_body]
    candidates = [part for part in parts if part.is_picture and _may_be_page(part, bodies)][:_MOST_PICTURES]
    if not candidates:
        return
    does_speak = any(has_wording(text) for text in (subject or "", sender or "", *bodies))
    yield from (part for part in candidates if does_speak or is_named_as_document(part.filename or ""))


def _may_be_page(part: Part, bodies: list[str]) -> bool:
    if len(part.data) < LEAST_BYTES or (part.content_id and any(f"cid:{part.content_id}" in text for text in bodies)):
        return False
    try:
        width, height = next(iter(sizes(part.kind, part.data)), (0, 0))
    except ValueError:
        return False
    short, long = sorted((width, height))
    return short >= _LEAST_SIDE and short * long >= _LEAST_PIXELS and long <= _LONGEST * short
