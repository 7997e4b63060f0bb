"""Finds the number of an invoice, receipt or order beside, or below, its label."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract import labels
from services.scanner.extract.dates import fold
from services.scanner.extract.layout import Cell, Line

_VALUE = re.compile(r"(?:[A-Z]{1,5} (?=\d+[/-]\d))?[A-Za-z0-9][A-Za-z0-9/_.\\-]{0,39}")
_SEPARATORS = re.compile(r"[\s:#.*=\u2013-]*(?:(?:no|nr|number)\b[\s.:]*)?[\s:#*]*", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}-\d{1,2}-\d{4}")
_CONFIDENCE = {5: 0.9, 4: 0.88, 3: 0.85, 2: 0.65, 1: 0.55}
_ALONE = 4
_MAX_LABEL = 40
_LOOK_BELOW = 2


class FoundNumber(NamedTuple):
    """A number, the rank of its label (`labels.NUMBER_LABELS`) and where it stands."""

    value: str
    rank: int
    cell: Cell
    confidence: float


def find_number(lines: tuple[Line, ...], *, titled: bool) -> FoundNumber | None:
    """The number with the best label; of equals the first. `titled`: the document calls itself an invoice."""
    return max(_candidates(lines, titled=titled), key=lambda found: (found.rank, found.confidence), default=None)


def _candidates(lines: tuple[Line, ...], *, titled: bool) -> Iterator[FoundNumber]:
    patterns = ((labels.NUMBER_ALONE, _ALONE), *labels.NUMBER_LABELS) if titled else labels.NUMBER_LABELS
    for index, line in enumerate(lines):
        for position, cell in enumerate(line.cells):
            folded = fold(cell.text)
            for pattern, rank in patterns:
                match = pattern.search(folded)
                if match is not None:
                    found = _beside(lines, index, position, match.end(), rank)
                    if found is not None:
                        yield found
                        break


def _beside(lines: tuple[Line, ...], index: int, position: int, end: int, rank: int) -> FoundNumber | None:
    cell = lines[index].cells[position]
    value = _value_at(cell.text, end)
    if value is not None:
        return FoundNumber(value, rank, cell, _CONFIDENCE[rank])
    if cell.text[end:].strip(" :.#") or end > _MAX_LABEL:
        return None
    for other in lines[index].cells[position + 1 : position + 2]:
        if (value := _value_at(other.text, 0)) is not None:
            return FoundNumber(value, rank, other, _CONFIDENCE[rank] - 0.02)
    if rank < labels.MARKED:
        return None
    for near in lines[index + 1 : index + 1 + _LOOK_BELOW]:
        for other in near.cells:
            if other.over(cell):
                value = _value_at(other.text, 0)
                return FoundNumber(value, rank, other, _CONFIDENCE[rank] - 0.1) if value else None
    return None


def _value_at(text: str, start: int) -> str | None:
    separators = _SEPARATORS.match(text, start)
    match = _VALUE.match(text, separators.end() if separators else start)
    if match is None:
        return None
    value = match.group().rstrip(".-_/\\")
    digits = sum(character.isdigit() for character in value)
    rest = text[match.end() :].lstrip()
    is_amount = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})*[.,]\d{2}", value) or rest[:1] in ("%", "€")
    if digits == 0 or is_amount or _DATE_LIKE.fullmatch(value):
        return None
    return value
