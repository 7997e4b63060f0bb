"""Recognised words as lines of cells in points, as the text layer of a PDF gives them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from services.scanner.extract.ocr import tsv
from services.scanner.extract.ocr.confusions import correct_confusions, is_split_number
from services.scanner.extract.ocr.deskew import Slope, estimate_slope
from services.scanner.extract.ocr.tsv import RecognisedWord
from services.scanner.extract.page import pdf_layout
from services.scanner.extract.page.pdf_layout import Word
from services.scanner.extract.page.text_document import Cell, Line

_TORN = 0.3
"""Gap inside a number that was split, in parts of the font's size, at most."""
_CAP_HEIGHT, _X_HEIGHT, _DEPTH = 0.72, 0.53, 0.21
"""Of usual fonts, in parts of their size: letters like H and 8, letters like x, and descenders."""
_ASCENT, _DESCENT = 0.93, 0.22
"""Of a line, in parts of the font's size, as PDFium's character boxes have them."""
_LOW = re.compile(r"[acegmnopqrsuvwxyz.,:;\u2013-]+")
_DEEP = re.compile(r"[gjpqyQ,;()/$\[\]]")


class RecognisedPage(NamedTuple):
    """The lines of a page, and the lowest confidence of a word by its cell's locator."""

    lines: list[Line]
    confidence: dict[str, float]


def parse_page(tsv_text: str, number: int, points_per_pixel: float, earlier: str = "") -> RecognisedPage:
    """Build the page `number` of Tesseract's TSV, with words that only an `earlier` one has.

    Lines are built on the straightened page, but a cell's locator is its place on the image.
    """
    lines_in_points = [
        [_to_points(word, points_per_pixel) for word in line] for line in tsv.parse_lines(tsv_text, earlier)
    ]
    slope = estimate_slope(lines_in_points)
    words: list[Word] = []
    confidences: list[tuple[float, float, float]] = []
    for line in lines_in_points:
        straight = _deskewed_words(line, slope)
        words += straight
        confidences += [((word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2, word.confidence) for word in line]
    lines: list[Line] = []
    confidence: dict[str, float] = {}
    for row in pdf_layout.lines_of(words, number):
        cells = [_on_image(cell, slope) for cell in row.cells]
        lines.append(Line(tuple(cell for cell, _ in cells)))
        for cell, (x0, y0, x1, y1) in cells:
            cell_confidences = [word for x, y, word in confidences if x0 <= x <= x1 and y0 <= y <= y1]
            confidence[cell.locator] = min(cell_confidences, default=1.0)
    return RecognisedPage(lines, confidence)


def _to_points(word: RecognisedWord, scale: float) -> RecognisedWord:
    text, *box, confidence = word
    x0, y0, x1, y1 = (float(value) * scale for value in box)
    return RecognisedWord(text, x0, y0, x1, y1, confidence)


def _deskewed_words(line: Sequence[RecognisedWord], slope: Slope) -> list[Word]:
    """Return the words of one line, straightened, each as high as the font.

    The box of `a` alone says little of the font's height.
    """
    placed: list[Word] = []
    for recognised in line:
        x, y = slope.deskewed((recognised.x0 + recognised.x1) / 2, (recognised.y0 + recognised.y1) / 2)
        width = recognised.x1 - recognised.x0
        half = max(recognised.y1 - recognised.y0 - abs(slope.fall) * width, 1.0) / 2
        placed.append(Word(recognised.text, x - width / 2, y - half, x + width / 2, y + half))
    size = median(_font_size(word) for word in placed)
    words: list[Word] = []
    for word in sorted(placed, key=lambda word: word.x0):
        last = words[-1] if words else None
        if last is not None and word.x0 - last.x1 <= _TORN * size and is_split_number(last.text, word.text):
            words[-1] = last._replace(text=last.text + word.text, x1=word.x1)
        else:
            base = word.y1 - (_DEPTH * size if _DEEP.search(word.text) else 0)
            words.append(word._replace(y0=base - _ASCENT * size, y1=base + _DESCENT * size))
    return [word._replace(text=correct_confusions(word.text)) for word in words]


def _font_size(word: Word) -> float:
    """Estimate the font size by the height of a word's letters: some are high, some descend."""
    high = _X_HEIGHT if _LOW.fullmatch(word.text) else _CAP_HEIGHT
    return (word.y1 - word.y0) / (high + (_DEPTH if _DEEP.search(word.text) else 0))


def _on_image(cell: Cell, slope: Slope) -> tuple[Cell, tuple[float, float, float, float]]:
    """Return the cell with its place on the image in its locator, and that place."""
    middle = (cell.y0 + cell.y1) / 2
    ends = [slope.skewed(cell.x0, middle), slope.skewed(cell.x1, middle)]
    half = cell.height / 2
    box = (ends[0][0], min(y for _, y in ends) - half, ends[1][0], max(y for _, y in ends) + half)
    x0, y0, x1, y1 = (max(value, 0.0) for value in box)
    return replace(cell, locator=f"page {cell.page} box {x0:.1f},{y0:.1f},{x1:.1f},{y1:.1f}"), (x0, y0, x1, y1)
