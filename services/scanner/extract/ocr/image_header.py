"""Size of an attached image by its header, before anything is decoded.

PNG (ISO/IEC 15948), JPEG (ITU-T T.81), WebP (RFC 9649) and TIFF 6.0, whose pages each have a size.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract.content_type import ContentKind

_MAX_PAGES = 1_000
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP1 = 0xE1
_ORIENTATION = 274
_ROTATIONS = {3: 180, 6: 90, 8: 270}


class ImageSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class JpegHeader(NamedTuple):
    """Header of a JPEG: size, components, and the degrees to rotate it clockwise (Exif)."""

    size: ImageSize
    components: int
    rotation: int


def page_sizes(kind: ContentKind, data: bytes) -> list[ImageSize]:
    """Return the size of each page of an image. Raises ValueError if its header cannot be read."""
    try:
        page_sizes = _sizes(kind, data)
    except (struct.error, IndexError) as error:
        raise ValueError("the header of the image is truncated") from error
    if not all(width and height for width, height in page_sizes):
        raise ValueError("the header of the image does not state its size")
    return page_sizes


def _sizes(kind: ContentKind, data: bytes) -> list[ImageSize]:
    if kind == "png":
        return [ImageSize(*struct.unpack_from(">II", data, 16))]
    if kind == "jpeg":
        return [read_jpeg_header(data).size]
    return [_webp(data)] if kind == "webp" else list(_tiff(data))


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Read the header of a JPEG. Raises ValueError, IndexError or `struct.error` if there is
    none."""
    at, rotation = 2, 0
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _JPEG_FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, at + 5)
            return JpegHeader(ImageSize(width, height), components, rotation)
        if marker == _APP1 and data[at + 4 : at + 10] == b"Exif\0\0":
            rotation = _exif_rotation(data[at + 10 : at + 2 + length])
        at += 2 + length
    raise ValueError("the JPEG has no frame")


def _exif_rotation(exif: bytes) -> int:
    try:
        return next((_ROTATIONS.get(fields.get(_ORIENTATION, 1), 0) for fields in _directories(exif)), 0)
    except (struct.error, ValueError):
        return 0  # broken Exif data of an intact image


def _webp(data: bytes) -> ImageSize:
    form = data[12:16]
    if form == b"VP8X":
        return ImageSize(1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return ImageSize(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", data, 26)
    return ImageSize(width & 0x3FFF, height & 0x3FFF)


def _tiff(data: bytes) -> Iterator[ImageSize]:
    for fields in _directories(data):
        yield ImageSize(fields.get(_TIFF_WIDTH, 0), fields.get(_TIFF_HEIGHT, 0))


def _directories(data: bytes) -> Iterator[dict[int, int]]:
    """Yield the single numbers in each directory of a TIFF, by their tags."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("the TIFF states no byte order")
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    visited: set[int] = set()
    while at and at not in visited and len(visited) < _MAX_PAGES:
        visited.add(at)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        fields: dict[int, int] = {}
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, form, values = struct.unpack_from(f"{order}HHI", data, entry)
            if values == 1 and form in (3, 4):
                (fields[tag],) = struct.unpack_from(f"{order}{'H' if form == 3 else 'I'}", data, entry + 8)
        yield fields
        (at,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
