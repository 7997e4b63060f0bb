"""Rendering of scanned pages in grey for OCR, by PDFium; attached JPEGs as well."""

from typing import Any, NamedTuple

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # ships no type hints

from services.scanner.extract.limits import Limits
from services.scanner.extract.ocr.image_header import JpegHeader
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

POINTS_PER_INCH = 72
DPI = 300
"""Tesseract is trained at this resolution: at 200 it loses parts of pale words, and is hardly
faster."""
_MAX_CHARACTERS = 60
"""Characters that scanning programs stamp on a page; a page of an invoice has more."""
_MIN_IMAGE_SHARE = 0.4
"""Share of the page that images cover at least if the page is a scan."""
_MIN_OUTLINES = 200
"""Drawn shapes at least on a page whose letters are drawn, too."""
_MAX_OBJECTS = 5_000


class RenderedPage(NamedTuple):
    """A page as a grey image (PGM), and the points per pixel."""

    image: bytes
    points_per_pixel: float


def is_scanned_page(page: Any, limits: Limits) -> bool:
    """Return whether a page has hardly any text, but images or shapes that may show some.

    Raises UnreadableError if an image has too many pixels; nothing is decoded for that.
    """
    text_page = page.get_textpage()
    characters = text_page.count_chars()
    text_page.close()
    if characters >= _MAX_CHARACTERS:
        return False
    width, height = page.get_size()
    covered, outlines = 0.0, 0
    for _, page_object in zip(range(_MAX_OBJECTS), page.get_objects(max_depth=3), strict=False):
        if page_object.type == pdfium.FPDF_PAGEOBJ_PATH:
            outlines += 1
        elif page_object.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = page_object.get_bounds()
            covered += max(min(right, width) - max(left, 0), 0) * max(min(top, height) - max(bottom, 0), 0)
            width_in_pixels, height_in_pixels = page_object.get_px_size()
            check_pixels(width_in_pixels, height_in_pixels, limits)
    return outlines >= _MIN_OUTLINES or covered >= _MIN_IMAGE_SHARE * width * height


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise UnreadableError if an image of this size must not be decoded."""
    if width * height > limits.ocr_pixels:
        raise UnreadableError(ReasonCode.PICTURE_TOO_LARGE)


def render(page: Any, limits: Limits) -> RenderedPage:
    """Render the page in grey, at `DPI` or, if it is large, at what the limit allows."""
    width, height = page.get_size()
    scale = min(DPI / POINTS_PER_INCH, (limits.ocr_pixels / max(width * height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    pixels = bytes(bitmap.buffer)
    rows = [pixels[at : at + bitmap.width] for at in range(0, bitmap.stride * bitmap.height, bitmap.stride)]
    header = b"P5 %d %d 255\n" % (bitmap.width, bitmap.height)
    points_per_pixel = width / bitmap.width
    bitmap.close()
    return RenderedPage(b"".join((header, *rows)), points_per_pixel)


def jpeg_to_pdf(data: bytes, jpeg: JpegHeader, page_width: float) -> bytes:
    """Return a PDF (ISO 32000) of one page that is the JPEG, rotated as its Exif says."""
    size, components, rotation = jpeg
    is_on_its_side = rotation % 180 == 90
    scale = page_width / max(size.height if is_on_its_side else size.width, 1)
    width, height = size.width * scale, size.height * scale
    space = {1: "/DeviceGray", 4: "/DeviceCMYK /Decode [1 0 1 0 1 0 1 0]"}.get(components, "/DeviceRGB")
    content = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /P Do Q".encode()
    image = (
        f"/Type /XObject /Subtype /Image /Width {size.width} /Height {size.height} /BitsPerComponent 8"
        f" /ColorSpace {space} /Filter /DCTDecode"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.2f} {height:.2f}] /Rotate {rotation} /Contents 4 0 R"
        f" /Resources << /XObject << /P 5 0 R >> >> >>".encode(),
        _reader_of("", content),
        _reader_of(image, data),
    ]
    document, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    document += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(document)


def _reader_of(fields: str, data: bytes) -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (fields.encode(), len(data), data)
