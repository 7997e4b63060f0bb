"""Selection of attached images that may be documents: most are logos, icons and photographs."""

from collections.abc import Iterator

from services.scanner.extract.message.parts import Part
from services.scanner.extract.ocr.image_header import page_sizes
from services.scanner.extract.prefilter import MIN_IMAGE_BYTES, has_wording, is_named_as_document

_MIN_SIDE, _MIN_PIXELS = 300, 250_000
_MAX_ASPECT_RATIO = 8
"""Longer side to shorter side: a receipt is long, but a banner is longer."""
_MAX_IMAGES = 5


def select_images(parts: list[Part], subject: str | None, sender: str | None) -> Iterator[Part]:
    """Yield the images to read by OCR, in a message that mentions invoices.

    Images that an HTML body shows by their Content-ID are left out, and those as small or flat as a
    logo.
    """
    bodies = [part.data.decode("utf-8", "replace") for part in parts if part.is_body]
    candidates = [part for part in parts if part.is_image and _may_be_page(part, bodies)][:_MAX_IMAGES]
    if not candidates:
        return
    does_speak = any(has_wording(text) for text in (subject or "", sender or "", *bodies))
    yield from (part for part in candidates if does_speak or is_named_as_document(part.filename or ""))


def _may_be_page(part: Part, bodies: list[str]) -> bool:
    if len(part.data) < MIN_IMAGE_BYTES or (
        part.content_id and any(f"cid:{part.content_id}" in text for text in bodies)
    ):
        return False
    try:
        width, height = next(iter(page_sizes(part.kind, part.data)), (0, 0))
    except ValueError:
        return False
    short, long = sorted((width, height))
    return short >= _MIN_SIDE and short * long >= _MIN_PIXELS and long <= _MAX_ASPECT_RATIO * short
