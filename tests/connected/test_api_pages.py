"""Pages of originals as pictures: drawn by a process that a hostile document can only kill itself."""

import asyncio
import io
import struct
import zlib

import pypdf
import pytest
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # ships no type hints
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # ships no type hints

from services.api.invoices.page_images import service as pages
from tests.support.invoices import of, store_original
from tests.support.running_api import RunningApi, Somebody, somebody_of
from tests.support.waiting import SECONDS

WIDTH = 1240
BLACK = (0, 0, 0)
WHITE = (255, 255, 255)


def a_pdf(pages: int = 2) -> bytes:
    """White pages of A4; on page n a black square of 100 points begins n * 100 points from the left and the top."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for number in range(1, pages + 1):
        canvas.rect(100 * number, A4[1] - 100 * number - 100, 100, 100, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def encrypted() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(a_pdf()))
    writer.encrypt("secret")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a drawing may take is not what these tests are about."""
    monkeypatch.setattr(pages, "_SECONDS", SECONDS)


async def kept(user: Somebody, content: bytes, content_type: str = "application/pdf") -> str:
    """An invoice of the user that was read from this document; the path of its pages."""
    name = f"document of {user.user_id}"
    carrier = await store_original(user.database, name, content, content_type, user_id=user.user_id)
    invoice = of(name, "Kestrel", None, "EUR", "1.00", carriers=[carrier])
    await user.database["invoices"].insert_one({**invoice, "user_id": user.user_id})
    return f"/v1/invoices/{name}/pages"


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of an RGB picture without filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    lines = zlib.decompress(data)
    step = 3 * width + 1
    return width, height, [lines[row * step + 1 : (row + 1) * step] for row in range(height)]


async def test_boxes_of_evidence_are_where_the_picture_has_them(somebody: Somebody) -> None:
    path = await kept(somebody, a_pdf())
    for number in (1, 2):
        answer = (await somebody.client.get(f"{path}/{number}")).raise_for_status()
        assert answer.headers["content-type"] == "image/png"
        assert (answer.headers["page-count"], answer.headers["page-width"]) == ("2", f"{A4[0]:.2f}")
        width, height, rows = pixels(answer.content)
        scale = width / float(answer.headers["page-width"])
        assert width == WIDTH
        assert height == pytest.approx(float(answer.headers["page-height"]) * scale, abs=1)

        def colour(points: float, rows: list[bytes] = rows, scale: float = scale) -> tuple[int, ...]:
            """Of the place so many points from the left and from the top."""
            at = round(points * scale)
            return tuple(rows[at][3 * at : 3 * at + 3])

        assert [colour(100 * number + offset) for offset in (-5, 5, 95, 105)] == [WHITE, BLACK, BLACK, WHITE]


async def test_a_page_that_is_asked_for_again_is_the_same(somebody: Somebody) -> None:
    path = await kept(somebody, a_pdf())
    anna = somebody.client
    first, second = [(await anna.get(f"{path}/1")).content for _ in range(2)]
    assert first == second


@pytest.mark.parametrize("number", [3, 100_000])
async def test_there_is_no_page_after_the_last(somebody: Somebody, number: int) -> None:
    path = await kept(somebody, a_pdf())
    answer = await somebody.client.get(f"{path}/{number}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"%PDF-1.7 and nothing more", "application/pdf"),
        (a_pdf()[:600], "application/pdf"),
        (encrypted(), "application/pdf"),
        (b"<p>Total: 1.00</p>", "text/html"),
    ],
    ids=["empty", "cut off", "protected", "html"],
)
async def test_what_cannot_be_drawn_is_said_in_a_sentence(
    somebody: Somebody, content: bytes, content_type: str
) -> None:
    path = await kept(somebody, content, content_type)
    answer = await somebody.client.get(f"{path}/1")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_viewable")


async def test_a_page_of_any_size_is_drawn_within_bounds(somebody: Somebody) -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(14_400, 14_400))
    canvas.showPage()
    canvas.setPageSize((10, 14_400))
    canvas.showPage()
    canvas.save()
    path = await kept(somebody, target.getvalue())
    answers = await asyncio.gather(*(somebody.client.get(f"{path}/{number}") for number in (1, 2)))
    sizes = [struct.unpack(">II", answer.raise_for_status().content[16:24]) for answer in answers]
    assert sizes[0] == (WIDTH, WIDTH)
    assert sizes[1][1] <= 8 * WIDTH


async def test_nobody_sees_a_page_of_somebody_else(somebody: Somebody, shared_api: RunningApi) -> None:
    path = await kept(somebody, a_pdf())
    (await somebody.client.get(f"{path}/1")).raise_for_status()
    assert (await somebody_of(shared_api).client.get(f"{path}/1")).status_code == 404
