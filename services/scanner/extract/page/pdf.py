"""PDF by PDFium: its embedded XML, whatever its name, and the text of its pages."""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pypdfium2  # type: ignore[import-untyped]  # ships no type hints
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # ships no type hints

from services.scanner.extract.content_type import HEAD_BYTES, sniff
from services.scanner.extract.limits import Limits
from services.scanner.extract.page.pdf_layout import Glyph, Word, is_one_word, lines_of, words_of
from services.scanner.extract.page.text_document import Line
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

_MAX_ATTACHMENTS = 50
_RUN = re.compile(r"[^\s\0]+")


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside a PDF."""

    name: str
    data: bytes


class Pdf:
    """An open PDF."""

    def __init__(self, document: "pypdfium2.PdfDocument", limits: Limits) -> None:
        self._document = document
        self._limits = limits
        self._read: dict[int, _Page | None] = {}

    def embedded_xml(self) -> Iterator[EmbeddedFile]:
        """Yield the embedded files that are XML by content."""
        for index in range(min(self._document.count_attachments(), _MAX_ATTACHMENTS)):
            try:
                attachment = self._document.get_attachment(index)
                name, data = str(attachment.get_name()), bytes(attachment.get_data())
            except pypdfium2.PdfiumError:
                continue  # a dangling entry of the name tree; the next one may be intact
            if sniff(data[:HEAD_BYTES], "") == "xml":
                yield EmbeddedFile(name.replace("\\", "/").rpartition("/")[2][:255] or f"file-{index}", data)

    def texts(self) -> Iterator[str]:
        """Yield the text of each page, without its layout."""
        return (page.text for page in self._pages())

    def texts_from_last(self) -> Iterator[str]:
        """Yield the same as `texts`, from the last page, where totals stand."""
        return (page.text for page in self._pages(backwards=True))

    def lines(self) -> tuple[Line, ...]:
        """Return the text of the first pages. Raises UnreadableError if there is none."""
        lines: list[Line] = []
        left = self._limits.text_characters
        for page in self._pages():
            lines += lines_of(page.words(left), page.number)
            left -= len(page.text)
        if not lines:
            raise UnreadableError(ReasonCode.PDF_WITHOUT_TEXT)
        return tuple(lines)

    def pages(self, at_most: int) -> Iterator[tuple[int, "pypdfium2.PdfPage"]]:
        """Yield the first pages with their numbers from 1; each is closed before the next."""
        for number in range(min(len(self._document), at_most)):
            try:
                page = self._document[number]
            except pypdfium2.PdfiumError:
                continue  # one broken page does not spoil the others
            yield number + 1, page
            page.close()

    def _pages(self, *, backwards: bool = False) -> Iterator["_Page"]:
        """Yield the first pages; each is read once, as that costs more than looking at its text."""
        numbers = range(1, min(len(self._document), self._limits.pdf_pages) + 1)
        for number in reversed(numbers) if backwards else numbers:
            if number not in self._read:
                try:
                    self._read[number] = _Page(number, self._document[number - 1], self._limits.text_characters)
                except pypdfium2.PdfiumError:
                    self._read[number] = None
            page = self._read[number]
            if page is not None:  # one broken page does not spoil the others
                yield page


@contextmanager
def open_pdf(data: bytes, limits: Limits) -> Iterator[Pdf]:
    """Open a PDF and close it at the end. Raises UnreadableError if it is encrypted or broken."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        raise UnreadableError(ReasonCode.PDF_ENCRYPTED if locked else ReasonCode.PDF_BROKEN) from error
    try:
        if len(document) == 0:
            raise UnreadableError(ReasonCode.PDF_BROKEN)
        yield Pdf(document, limits)
    finally:
        document.close()


class _Page:
    """The text of a page, and the places of its characters; closed with the document."""

    def __init__(self, number: int, page: "pypdfium2.PdfPage", at_most: int) -> None:
        self.number = number
        self._text_page = page.get_textpage()
        self._left, _, _, self._top = page.get_mediabox()
        self._handle = ctypes.cast(self._text_page.raw, ctypes.c_void_p).value
        count = min(self._text_page.count_chars(), at_most)
        self.text = _characters(self._text_page.raw, self._handle, count)

    def words(self, at_most: int) -> list[Word]:
        """Return the words with their boxes, in points from the top left corner.

        Only the boxes of a word's first and last character are read, unless these show that the run
        holds more than one word.
        """
        handle, page_left, page_top = self._handle, self._left, self._top
        box = pdfium.FS_RECTF()
        address = ctypes.addressof(box)
        text = self.text[:at_most]

        def glyph(index: int) -> Glyph | None:
            # The loose box has the font's height and advance, so that no gap appears around a narrow
            # digit or a full stop.
            if not _loose_box_of(handle, index, address):
                return None
            return text[index], box.left - page_left, page_top - box.top, box.right - page_left, page_top - box.bottom

        words: list[Word] = []
        for run in _RUN.finditer(text):
            start, end = run.span()
            first = glyph(start)
            last = first if end == start + 1 else glyph(end - 1)
            if first is not None and last is not None and is_one_word(first, last, end - start):
                words.append(Word(run.group(), first[1], min(first[2], last[2]), last[3], max(first[4], last[4])))
            else:
                words += words_of([character for index in range(start, end) if (character := glyph(index)) is not None])
        return words


def _characters(text_page: Any, handle: int | None, count: int) -> str:
    """Return the characters of a page, each at its index.

    One call is enough if all are in Unicode's first plane.
    """
    buffer = ctypes.create_string_buffer(2 * (count + 1))
    written = pdfium.FPDFText_GetText(text_page, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
    text = buffer.raw[: 2 * count].decode("utf-16-le", "replace")
    if written == count + 1 and len(text) == count:
        return text
    return "".join([chr(_unicode_of(handle, index) % 0x110000) for index in range(count)])


def _untyped(function: Callable[..., int], *arguments: type[Any]) -> Callable[..., int]:
    """Return a function of PDFium that takes addresses as numbers.

    It is called for every character of a page, and checking its typed pointers costs more than the
    call itself.
    """
    address = ctypes.cast(cast("Any", function), ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(ctypes.c_uint, *arguments)(address or 0)


_unicode_of = _untyped(pdfium.FPDFText_GetUnicode, ctypes.c_void_p, ctypes.c_int)
_loose_box_of = _untyped(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
