"""Opens a PDF: its embedded XML, whatever that is called, and the text of its pages. PDFium does the work."""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pypdfium2  # type: ignore[import-untyped]  # ships no type hints
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # ships no type hints

from services.scanner.extract.layout import Line
from services.scanner.extract.limits import Limits
from services.scanner.extract.pdf_layout import Glyph, Word, is_one_word, lines_of, words_of
from services.scanner.extract.reasons import UnreadableError
from services.scanner.extract.sniff import HEAD_BYTES, sniff
from shared.reasons import ReasonCode

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

    def embedded_xml(self) -> Iterator[EmbeddedFile]:
        """The embedded files that are XML by content."""
        for index in range(min(self._document.count_attachments(), _MAX_ATTACHMENTS)):
            try:
                attachment = self._document.get_attachment(index)
                name, data = str(attachment.get_name()), bytes(attachment.get_data())
            except pypdfium2.PdfiumError:
                continue  # a dangling entry of the name tree; the next may be whole
            if sniff(data[:HEAD_BYTES], "") == "xml":
                yield EmbeddedFile(name.replace("\\", "/").rpartition("/")[2][:255] or f"file-{index}", data)

    def lines(self) -> tuple[Line, ...]:
        """The text of the first pages. Raises UnreadableError if there is none."""
        lines: list[Line] = []
        left = self._limits.text_characters
        for number in range(min(len(self._document), self._limits.pdf_pages)):
            try:
                page = self._document[number]
            except pypdfium2.PdfiumError:
                continue  # a broken page among whole ones
            words, characters = _words(page, left)
            left -= characters
            lines += lines_of(words, number + 1)
            page.close()
        if not lines:
            raise UnreadableError(ReasonCode.PDF_WITHOUT_TEXT)
        return tuple(lines)

    def plain_texts(self) -> Iterator[str]:
        """The text of one page after the other, without layout, from the last one: sums stand at the end."""
        for number in reversed(range(min(len(self._document), self._limits.pdf_pages))):
            try:
                page = self._document[number]
            except pypdfium2.PdfiumError:
                continue  # a broken page among whole ones
            text_page = page.get_textpage()
            count = min(text_page.count_chars(), self._limits.text_characters)
            yield str(text_page.get_text_range(0, count)) if count else ""
            text_page.close()
            page.close()


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[Pdf]:
    """A PDF, closed at the end. Raises UnreadableError if it is encrypted or broken."""
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


def _words(page: "pypdfium2.PdfPage", at_most: int) -> tuple[list[Word], int]:
    """The words of a page with their boxes, in points from the top left corner, and how many characters were read.

    Only the box of a word's first and last character is asked for, unless these say that more than a word is between.
    """
    text_page = page.get_textpage()
    handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
    box = pdfium.FS_RECTF()
    address = ctypes.addressof(box)
    page_left, _, _, page_top = page.get_mediabox()
    count = min(text_page.count_chars(), at_most)

    def glyph(index: int) -> Glyph | None:
        # The loose box has the font's height and advance: a narrow digit or a full stop does not look far away in it.
        if not _loose_box_of(handle, index, address):
            return None
        return text[index], box.left - page_left, page_top - box.top, box.right - page_left, page_top - box.bottom

    text = _characters(text_page.raw, handle, count)
    words: list[Word] = []
    for run in _RUN.finditer(text):
        start, end = run.span()
        first = glyph(start)
        last = first if end == start + 1 else glyph(end - 1)
        if first is not None and last is not None and is_one_word(first, last, end - start):
            words.append(Word(run.group(), first[1], min(first[2], last[2]), last[3], max(first[4], last[4])))
        else:
            words += words_of([one for index in range(start, end) if (one := glyph(index)) is not None])
    text_page.close()
    return words, count


def _characters(text_page: Any, handle: int | None, count: int) -> str:
    """The characters of a page, each at its index; in one call where each has a place in Unicode's first plane."""
    buffer = ctypes.create_string_buffer(2 * (count + 1))
    written = pdfium.FPDFText_GetText(text_page, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
    text = buffer.raw[: 2 * count].decode("utf-16-le", "replace")
    if written == count + 1 and len(text) == count:
        return text
    return "".join([chr(_unicode_of(handle, index) % 0x110000) for index in range(count)])


def _bare(function: Callable[..., int], *arguments: type[Any]) -> Callable[..., int]:
    """A function of PDFium that takes addresses as numbers: it is called for every character of a page, and checking
    its typed pointers costs more than what it does."""
    address = ctypes.cast(cast("Any", function), ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(ctypes.c_uint, *arguments)(address or 0)


_unicode_of = _bare(pdfium.FPDFText_GetUnicode, ctypes.c_void_p, ctypes.c_int)
_loose_box_of = _bare(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
