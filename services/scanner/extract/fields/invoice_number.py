"""Finder of the number of an invoice, receipt or order beside or below its label."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract.fields import label_meaning
from services.scanner.extract.fields.amount_parser import is_currency
from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.parties import Parties
from services.scanner.extract.lexicon import Hit, Term
from services.scanner.extract.page.text_document import Cell

_VALUE = re.compile(
    r"(?:[A-Z]{1,5} (?=\d+[/-]\d)|[A-Z]{1,4}[ -]{1,3}(?=\d{3}))?"
    r"#?(?=[A-Za-z/_.\\-]{0,12}\d)[A-Za-z0-9][A-Za-z0-9/_.\\-]{0,39}"
    r"(?: ?[/-] ?[A-Za-z0-9/-]{1,12}(?=\s|$))*(?:(?: \d{2,})+(?=\s*$))?"
)
_TYPE_CODE = re.compile(r"\s?\(\d{3}\)")
"""UNTDID 1001 code of the document's type, as in "Invoice (380) no. 7"."""
_SELF_LABELLED = re.compile(
    r"(?:INV|INVOICE|RECHNUNG|FACTURE?|FAKTURA|FATTURA|FACTUUR)[-/_#]?\d[\dA-Z/_-]{2,20}", re.IGNORECASE
)
"""A number that names itself an invoice number, where there is no label."""
_SELF_LABELLED_CONFIDENCE = 0.7
_HEAD_LINES = 40
_FEW_CELLS = 4
_SEPARATORS = re.compile(r"[\s:#.*=(\[\u2013\u2014|\u2116-]*")
_DATE_LIKE = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}-\d{1,2}-\d{4}")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})*[.,]\d{2}")
_YEAR_OR_DATE = re.compile(r"(?:19|20)\d\d(?:[-/.]\d\d?[-/.]\d\d?)?")
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9-]{6,}")
_CONFIDENCE = {5: 0.93, 4: 0.88, 3: 0.85, 2: 0.65, 1: 0.55}
_ALONE = 4
_VAGUE = 2
_MAX_LABEL = 45
_BESIDE, _BELOW = 0.02, 0.08
_LIKE_A_DATE = 0.6
"""Confidence of "17/03/2024" below "Invoice no.": the seventeenth invoice of a month, or the date
of another column."""
_NEIGHBOURS = 2
_NAMING = frozenset({Term.NUMBER, Term.REFERENCE, Term.INVOICE, Term.CREDIT, Term.RECEIPT, Term.ORDER, Term.DOCUMENT})
"""Terms of which a label has one if it names the number of a document."""


class NumberCandidate(NamedTuple):
    """A possible number, the rank of its label (`label_meaning.number_rank`) and its place."""

    value: str
    rank: int
    cell: Cell
    confidence: float


def find_number(annotated: AnnotatedText, parties: Parties, *, titled: bool) -> NumberCandidate | None:
    """Return the number with the best label, the first among equals.

    `titled`: the document calls itself an invoice.
    """
    return max(
        _candidates(annotated, parties, titled=titled),
        key=lambda candidate: (candidate.rank, candidate.confidence),
        default=None,
    )


def has_number(annotated: AnnotatedText) -> bool:
    """Return whether a document has a number, if it does not call itself an invoice."""
    return any(True for _ in _candidates(annotated, Parties(), titled=False))


def _candidates(annotated: AnnotatedText, parties: Parties, *, titled: bool) -> Iterator[NumberCandidate]:
    for index, line in enumerate(annotated.lines):
        for position, annotation in enumerate(line):
            if (
                index < _HEAD_LINES
                and _SELF_LABELLED.fullmatch(annotation.cell.text.strip())
                and len(line) < _FEW_CELLS
            ):
                yield NumberCandidate(annotation.cell.text.strip(), _ALONE, annotation.cell, _SELF_LABELLED_CONFIDENCE)
            if any(hit.terms & _NAMING for hit in annotation.hits):
                # In a party's block a bare "no." is the party's, and above items the item's.
                own = not any(annotation.cell.locator in of for of in (parties.buyer, parties.seller, parties.items))
                yield from _candidates_in_cell(annotated, index, position, titled=titled and own)


def _candidates_in_cell(
    annotated: AnnotatedText, index: int, position: int, *, titled: bool
) -> Iterator[NumberCandidate]:
    annotation = annotated.lines[index][position]
    start = 0
    hits = [hit for hit in annotation.hits if Term.FILLER not in hit.terms or Term.NUMBER in hit.terms]
    for place, hit in enumerate(hits):
        if (
            place + 1 < len(hits)
            and Term.NUMBER in hits[place + 1].terms
            and _continues(annotation, hit.end, hits[place + 1].start)
        ):
            continue
        label = annotation.hits_between(start, hit.end)
        rank = _rank(label, annotation, start, hit.end, titled=titled)
        # "Faktura nr 17/03/2024" is the seventeenth invoice of a month.
        value = _value_at(
            annotation.cell.text, hit.end, dated=rank == label_meaning.RANK_INVOICE_NUMBER and Term.NUMBER in hit.terms
        )
        if rank == _VAGUE and start == 0 and hit.start <= 1 and annotation.folded[hit.end :].lstrip().startswith(":"):
            rank = _ALONE  # "Invoice: 2024-17"
        elif rank == _VAGUE and start == 0 and hit.start == 0 and value == annotation.cell.text[hit.end :].strip():
            rank = _ALONE  # "Invoice 103767", and nothing else
        if rank and value is not None:
            if rank > label_meaning.RANK_DOCUMENT_NUMBER or _looks_numbered(value):
                yield NumberCandidate(value, rank, annotation.cell, _CONFIDENCE[rank])
        elif rank and place + 1 == len(hits):
            yield from _numbers_nearby(annotated, index, position, start, hit.end, rank)
        if value is not None:
            start = hit.end


def _continues(annotation: Annotation, end: int, start: int) -> bool:
    """Return whether a label continues up to its next word.

    It does unless a number stands between them, other than a code of the document's type.
    """
    return not any(map(str.isdigit, _TYPE_CODE.sub("", annotation.folded[end:start])))


def _rank(label: list[Hit], annotation: Annotation, start: int, end: int, *, titled: bool) -> int:
    rank = label_meaning.number_rank(label)
    if rank == _VAGUE and Term.NUMBER in label_meaning.terms_of(label):
        # A bare "No." means the document's number if the document is an invoice and the label says
        # nothing else.
        own = annotation.folded[start:end].strip(" :.#-")
        known = sum(hit.end - hit.start for hit in label)
        return _ALONE if titled and len(own) - known <= 1 and start == 0 else 0
    if end - start > _MAX_LABEL and rank < label_meaning.RANK_INVOICE_NUMBER:
        return 0
    return rank


def _numbers_nearby(
    annotated: AnnotatedText, index: int, position: int, start: int, end: int, rank: int
) -> Iterator[NumberCandidate]:
    """Yield the numbers beside and below a label that ends its cell.

    `start` is where the label begins, behind the value before it.
    """
    line = annotated.lines[index]
    cell = line[position].cell
    if cell.text[end:].strip(" :.#()*") or end - start > _MAX_LABEL:
        return
    for other in line[position + 1 : position + 1 + _NEIGHBOURS]:
        value = _value_at(other.cell.text, 0)
        if value is not None and _is_address(other, value):
            break  # another column's value at the same height
        if value is not None and (rank > label_meaning.RANK_DOCUMENT_NUMBER or _looks_numbered(value)):
            alone = rank == _VAGUE and cell.text[:end] == cell.text.rstrip(" :.") and _looks_numbered(value)
            rank = _ALONE if alone else rank  # "Invoice | A-17"
            yield NumberCandidate(value, rank, other.cell, _CONFIDENCE[rank] - _BESIDE)
            return
        if other.cell.text.strip(" :#.-"):
            break
    if rank < _VAGUE:
        return
    for _, under in annotated.below(index, cell):
        value = _value_at(under.cell.text, 0)
        if value is not None and (rank > label_meaning.RANK_DOCUMENT_NUMBER or _looks_numbered(value)):
            yield NumberCandidate(value, rank, under.cell, _CONFIDENCE[rank] - _BELOW)
        elif (
            rank == label_meaning.RANK_INVOICE_NUMBER
            and (value := _value_at(under.cell.text, 0, dated=True)) is not None
        ):
            yield NumberCandidate(value, rank, under.cell, _LIKE_A_DATE)


def _is_address(annotation: Annotation, value: str) -> bool:
    """Return whether a number begins a line of other words, such as a street: "22 Wharf Road"."""
    words = annotation.cell.text.split()
    return (
        len(words) > 1 + value.count(" ")
        and not any(hit.start > 0 for hit in annotation.hits)
        and words[-1][0].isalpha()
    )


def _looks_numbered(value: str) -> bool:
    """Return whether a value beside a vague label can be a number.

    A year, a date, a count or a word cannot.
    """
    telling = sum(map(str.isdigit, value)) >= 3 or _CODE.fullmatch(value) is not None
    return telling and not _YEAR_OR_DATE.fullmatch(value)


def _value_at(text: str, start: int, *, dated: bool = False) -> str | None:
    separators = _SEPARATORS.match(text, start)
    at = separators.end() if separators else start
    match = _VALUE.match(text, at)
    if match is None:
        return None
    value = match.group().rstrip(".-_/\\ ").lstrip("#")
    if dated and _DATE_LIKE.fullmatch(value) and "/" in value:
        return value
    if not any(map(str.isdigit, value)) or _is_other_value(value, text[match.end() :].lstrip()):
        first = value.split(" ")[0]
        if first == value or not any(map(str.isdigit, first)) or _is_other_value(first, ""):
            return None
        return first
    return value


def _is_other_value(value: str, rest: str) -> bool:
    words = value.split()
    return bool(
        _AMOUNT.fullmatch(value)
        or rest[:1] in ("%", "€", "$", "£")
        or (rest and is_currency(rest.split()[0]) and value.replace(".", "").isdigit() and len(value) < 6)
        or any(is_currency(word) for word in words)
        or _DATE_LIKE.fullmatch(value)
    )
