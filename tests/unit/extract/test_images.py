"""Sizes of attached images by their headers, and the selection of those that may be documents."""

import io
import struct
from email.message import EmailMessage
from typing import Literal

import pytest
from PIL import Image

from samples.scanned import picture
from services.scanner.extract.content_type import ImageKind, sniff_image
from services.scanner.extract.limits import Limits
from services.scanner.extract.message.mime_parser import parse
from services.scanner.extract.message.parts import MessageWalker, Part
from services.scanner.extract.ocr import image_header
from services.scanner.extract.ocr.image_selection import select_images
from tests.support.documents import pdf

FORMS: dict[ImageKind, Literal["PNG", "JPEG", "TIFF", "WEBP"]] = {
    "png": "PNG",
    "jpeg": "JPEG",
    "tiff": "TIFF",
    "webp": "WEBP",
}
PAGE = picture(pdf(), "JPEG", seed="a")


@pytest.mark.parametrize("kind", FORMS)
def test_an_image_is_detected_and_measured_by_its_first_bytes(kind: ImageKind) -> None:
    target = io.BytesIO()
    Image.new("L", (1234, 567), 255).save(target, FORMS[kind])
    assert sniff_image(target.getvalue()) == kind
    assert image_header.page_sizes(kind, target.getvalue()) == [(1234, 567)]


def test_every_page_of_a_tiff_and_each_way_of_webp_is_measured() -> None:
    target = io.BytesIO()
    Image.new("1", (100, 200)).save(target, "TIFF", save_all=True, append_images=[Image.new("1", (300, 400))])
    assert image_header.page_sizes("tiff", target.getvalue()) == [(100, 200), (300, 400)]
    for options in ({"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}):
        target = io.BytesIO()
        Image.new("RGB", (1234, 567)).save(target, "WEBP", **options)
        assert image_header.page_sizes("webp", target.getvalue()) == [(1234, 567)]


def test_a_photograph_says_how_it_is_turned() -> None:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(target, "JPEG", exif=exif)
    assert image_header.read_jpeg_header(target.getvalue()) == image_header.JpegHeader(
        image_header.ImageSize(40, 30), 3, 90
    )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("jpeg", b"\xff\xd8\xff\xe0\0\x10"),
        ("jpeg", b"\xff\xd8\0"),
        ("tiff", b"II*\0" + struct.pack("<I", 4_000_000)),
        ("tiff", b"XX*\0"),
        ("tiff", b"II*\0" + struct.pack("<IHI", 8, 0, 0)),
        ("webp", b"RIFF\0\0\0\0WEBPVP8 "),
    ],
)
def test_a_broken_header_is_an_error_and_no_size(kind: ImageKind, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"image|TIFF|JPEG"):
        image_header.page_sizes(kind, data)


def test_a_tiff_whose_pages_run_in_a_circle_ends() -> None:
    entries = struct.pack("<HHHIIHHII", 2, 256, 4, 1, 30, 257, 4, 1, 20)
    circle = b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 8)
    assert image_header.page_sizes("tiff", circle) == [(30, 20)]


def attached(
    data: bytes, *, name: str = "IMG_1.jpg", body: str = "Here it is.", html: str | None = None, cid: str | None = None
) -> list[Part]:
    message = EmailMessage()
    message.set_content(body)
    if html is not None:
        message.add_alternative(html, subtype="html")
    message.add_attachment(data, maintype="image", subtype="jpeg", filename=name, cid=cid)
    return list(MessageWalker(Limits().with_ocr()).parts(parse(message.as_bytes())))


def chosen(parts: list[Part], subject: str = "Hello") -> list[str | None]:
    return [part.filename for part in select_images(parts, subject, "a@example.org")]


def jpeg(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.effect_noise((width, height), 40).save(target, "JPEG", quality=90)
    return target.getvalue()


def test_images_of_messages_that_speak_of_invoices_are_chosen() -> None:
    assert chosen(attached(PAGE)) == []
    assert chosen(attached(PAGE), subject="Your receipt") == ["IMG_1.jpg"]
    assert chosen(attached(PAGE, body="Anbei die Rechnung.")) == ["IMG_1.jpg"]
    assert chosen(attached(PAGE, name="Scan_0001.jpg")) == ["Scan_0001.jpg"]


@pytest.mark.parametrize(
    "data",
    [jpeg(200, 2000), jpeg(4000, 310), jpeg(700, 310), PAGE[:2000], b"\xff\xd8\xff" + b"\0" * 40_000],
    ids=["narrow", "banner", "logo", "few bytes", "broken"],
)
def test_what_is_small_flat_or_broken_is_not(data: bytes) -> None:
    assert chosen(attached(data), subject="Invoice") == []


def test_an_image_that_the_body_shows_is_not() -> None:
    html = '<p>Invoice</p><img src="cid:logo@x">'
    assert chosen(attached(PAGE, html=html, cid="<logo@x>"), subject="Invoice") == []
    assert chosen(attached(PAGE, html=html, cid="<other@x>"), subject="Invoice") == ["IMG_1.jpg"]


def test_images_are_no_parts_at_all_while_recognition_is_off() -> None:
    message = EmailMessage()
    message.add_attachment(PAGE, maintype="image", subtype="jpeg", filename="Invoice.jpg")
    assert list(MessageWalker(Limits()).parts(parse(message.as_bytes()))) == []
