"""How many pixels an attached picture has, told from its header before anything is decoded.

PNG (ISO/IEC 15948), JPEG (ITU-T T.81), WebP (RFC 9649) and TIFF 6.0, whose pages each have a size.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract.content_type import Sniffed

_MOST_PAGES = 1_000
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP1 = 0xE1
_ORIENTATION = 274
_QUARTERS = {3: 180, 6: 90, 8: 270}


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Jpeg(NamedTuple):
    """What the header of a JPEG says: its size, its components, and the degrees to turn it clockwise (Exif)."""

    size: Size
    components: int
    turn: int


def sizes(kind: Sniffed, data: bytes) -> list[Size]:
    """The size of each page of a picture. Raises ValueError if its header cannot be read."""
    try:
        found = _sizes(kind, data)
    except (struct.error, IndexError) as error:
        raise ValueError("the header of the picture is cut off") from error
    if not all(width and height for width, height in found):
        raise ValueError("the picture does not say how large it is")
    return found


def _sizes(kind: Sniffed, data: bytes) -> list[Size]:
    if kind == "png":
        return [Size(*struct.unpack_from(">II", data, 16))]
    if kind == "jpeg":
        return [jpeg(data).size]
    return [_webp(data)] if kind == "webp" else list(_tiff(data))


def jpeg(data: bytes) -> Jpeg:
    """The header of a JPEG. Raises ValueError, IndexError or `struct.error` if there is none."""
    at, turn = 2, 0
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _JPEG_FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, at + 5)
            return Jpeg(Size(width, height), components, turn)
        if marker == _APP1 and data[at + 4 : at + 10] == b"Exif\0\0":
            turn = _turn(data[at + 10 : at + 2 + length])
        at += 2 + length
    raise ValueError("the JPEG has no frame")


def _turn(exif: bytes) -> int:
    try:
        return next((_QUARTERS.get(fields.get(_ORIENTATION, 1), 0) for fields in _directories(exif)), 0)
    except (struct.error, ValueError):
        return 0  # a broken note about the picture, which is whole


def _webp(data: bytes) -> Size:
    form = data[12:16]
    if form == b"VP8X":
        return Size(1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", data, 26)
    return Size(width & 0x3FFF, height & 0x3FFF)


def _tiff(data: bytes) -> Iterator[Size]:
    for fields in _directories(data):
        yield Size(fields.get(_TIFF_WIDTH, 0), fields.get(_TIFF_HEIGHT, 0))


def _directories(data: bytes) -> Iterator[dict[int, int]]:
    """The single numbers in each directory of a TIFF, by their tags."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("the TIFF names no byte order")
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _MOST_PAGES:
        seen.add(at)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        fields: dict[int, int] = {}
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, form, values = struct.unpack_from(f"{order}HHI", data, entry)
            if values == 1 and form in (3, 4):
                (fields[tag],) = struct.unpack_from(f"{order}{'H' if form == 3 else 'I'}", data, entry + 8)
        yield fields
        (at,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
