"""The process that renders one page of a PDF as PNG; a document that crashes it harms nothing else.

`python -m services.api.invoices.page_images.renderer PAGE` reads from stdin what to search for on
the page (`SIZE` and a JSON object: name -> spellings) and the document. It writes `HEADER`, then
`SIZE` and a JSON object (name -> left, top, right, bottom in points from the top left corner), then
the PNG.
"""

import json
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence

import pypdfium2  # type: ignore[import-untyped]  # ships no type hints

from shared.process_limits import die_with_parent, limit_cpu, limit_resources, reserve_stdout

HEADER = struct.Struct(">IIdd")
"""Which page (0: there is no such page), of how many; width and height in points."""
SIZE = struct.Struct(">I")
"""How many bytes of JSON follow."""
UNREADABLE = 65

_WIDTH = 1240
_MAX_HEIGHT = 8 * _WIDTH
_MEMORY_BYTES = 1024**3
_CPU_SECONDS = 10


def draw(document: bytes, number: int, query: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
    """Yield the chunks of the output. Raises `pypdfium2.PdfiumError` for what is no readable
    PDF."""
    pdf = pypdfium2.PdfDocument(document)
    if not 1 <= number <= len(pdf):
        yield HEADER.pack(0, len(pdf), 0, 0)
        return
    page = pdf[number - 1]
    width, height = page.get_size()
    scale = min(_WIDTH / max(width, 1), _MAX_HEIGHT / max(height, 1))
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
    yield HEADER.pack(number, len(pdf), width, height)
    places = json.dumps(find(page, height, query)).encode()
    yield SIZE.pack(len(places)) + places
    yield png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)


def find(
    page: pypdfium2.PdfPage, height: float, query: Mapping[str, Sequence[str]]
) -> dict[str, tuple[float, float, float, float]]:
    """Return name -> box of its first spelling that is on the page; of several places the last, as
    totals come last."""
    found = {}
    text = page.get_textpage()
    for name, spellings in query.items():
        for spelling in spellings:
            at = _last(text.search(spelling, match_whole_word=True))
            if at is not None and text.count_rects(*at):
                left, bottom, right, top = text.get_rect(0)
                found[name] = (left, height - top, right, height - bottom)
                break
    return found


def _last(searcher: pypdfium2.PdfTextSearcher) -> tuple[int, int] | None:
    place = None
    while (further := searcher.get_next()) is not None:
        place = further
    return place


def png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Encode a PNG (ISO/IEC 15948) of grey, RGB or RGBX pixels, 8 bits each, in rows of `stride`
    bytes."""
    if channels == 4:
        rows = (_without_fourth(pixels[at : at + 4 * width]) for at in range(0, stride * height, stride))
    else:
        rows = (pixels[at : at + channels * width] for at in range(0, stride * height, stride))
    lines = b"".join(b"\0" + row for row in rows)
    kind = 0 if channels == 1 else 2
    size = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _without_fourth(row: bytes) -> bytes:
    kept = bytearray(len(row) // 4 * 3)
    for channel in range(3):
        kept[channel::3] = row[channel::4]
    return bytes(kept)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def main() -> int:
    """Render one page; the exit code is `UNREADABLE` for what is no readable PDF."""
    output = reserve_stdout()
    die_with_parent()
    limit_resources(memory_bytes=_MEMORY_BYTES)
    limit_cpu(_CPU_SECONDS)
    try:
        sent = sys.stdin.buffer.read()
        begin = SIZE.size + SIZE.unpack_from(sent)[0]
        for piece in draw(sent[begin:], int(sys.argv[1]), json.loads(sent[SIZE.size : begin])):
            output.write(piece)
    except pypdfium2.PdfiumError:
        return UNREADABLE
    output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
