"""What is kept of the pictures of pages: those drawn last, within a bound."""

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from services.api.invoices.document_reader import StoredFile
from services.api.invoices.page_images import service as pages
from services.api.invoices.page_images.service import PageImage, PageImages


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pages that were drawn, each as a picture of 100 bytes; 250 bytes are kept."""
    numbers: list[int] = []

    async def draw(_: bytes, number: int, __: Mapping[str, Sequence[str]]) -> PageImage:
        numbers.append(number)
        return PageImage(bytes(100), 9, 595.0, 842.0)

    monkeypatch.setattr(pages, "_render", draw)
    monkeypatch.setattr(pages, "_MAX_CACHED_BYTES", 250)
    return numbers


def a_file(name: str = "anna/1") -> StoredFile:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"%PDF"

    return StoredFile(name, "a.pdf", 4, "application/pdf", chunks())


async def test_a_page_that_is_kept_is_not_drawn_again_and_the_least_recent_goes_first(drawn: list[int]) -> None:
    pictures = PageImages()
    for number in (1, 2, 1, 3, 1, 2):
        await pictures.page(a_file(), number)
    assert drawn == [1, 2, 3, 2]


async def test_the_same_page_of_another_document_is_another(drawn: list[int]) -> None:
    pictures = PageImages()
    await pictures.page(a_file("anna/1"), 1)
    await pictures.page(a_file("bruno/1"), 1)
    assert drawn == [1, 1]
