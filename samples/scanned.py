"""Scanned documents: pictures of their pages, a little askew, grained and packed with losses."""

import io
from random import Random
from typing import Literal

import pypdfium2  # type: ignore[import-untyped]  # ships no type hints
from PIL import Image, ImageChops

DPI = 200
_GRAIN = 14
_GREY_MIDDLE = 128
_PAPER = 1.04
"""How much brighter a scanner makes paper: most of the grain on white goes."""
_QUALITY = 60
_MAX_DEGREES = 2.0


def scanned(document: bytes, *, seed: str) -> bytes:
    """Return a PDF of pictures of a PDF's pages; the same seed gives the same pictures."""
    pages = _pages(document, seed)
    target = io.BytesIO()
    pages[0].save(target, "PDF", resolution=DPI, save_all=True, append_images=pages[1:])
    return target.getvalue()


def picture(document: bytes, form: Literal["PNG", "JPEG", "TIFF", "WEBP"], *, seed: str) -> bytes:
    """Return the first page of a PDF as a picture by itself."""
    target = io.BytesIO()
    _pages(document, seed)[0].save(target, form)
    return target.getvalue()


def _pages(document: bytes, seed: str) -> list[Image.Image]:
    random = Random(seed)
    with pypdfium2.PdfDocument(document) as pdf:
        return [_scan(page.render(scale=DPI / 72, grayscale=True).to_pil(), random) for page in pdf]


def _scan(page: Image.Image, random: Random) -> Image.Image:
    degrees = random.uniform(-_MAX_DEGREES, _MAX_DEGREES)
    askew = page.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    grain = Image.frombytes("L", askew.size, _noise(askew.width * askew.height, random))
    grained = ImageChops.add(askew, grain, 1, -_GREY_MIDDLE)
    packed = io.BytesIO()
    grained.point([min(255, int(_PAPER * value)) for value in range(256)]).save(packed, "JPEG", quality=_QUALITY)
    return Image.open(packed)


def _noise(count: int, random: Random) -> bytes:
    """Return so many values around the middle, nearly normally distributed, by repeating a stretch
    of them."""
    stretch = bytes(min(max(round(random.gauss(_GREY_MIDDLE, _GRAIN)), 0), 255) for _ in range(40_009))
    return (stretch * (count // len(stretch) + 1))[:count]
