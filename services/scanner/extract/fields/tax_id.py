"""Finder of tax numbers: those of the European Union by their form, others by their label."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.label_meaning import terms_of
from services.scanner.extract.fields.parties import Parties
from services.scanner.extract.lexicon import Term
from services.scanner.extract.page.text_document import Cell

_EUROPEAN = {
    "AT": r"U\d{8}", "BE": r"[01]?\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}", "DE": r"\d{9}",
    "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}", "GB": r"\d{9}(?:\d{3})?", "HR": r"\d{11}", "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "IT": r"\d{11}", "LT": r"\d{9}(?:\d{3})?", "LU": r"\d{8}", "LV": r"\d{11}",
    "MT": r"\d{8}", "NL": r"\d{9}B\d{2}", "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}",
    "SI": r"\d{8}", "SK": r"\d{10}", "XI": r"\d{9}", "CHE": r"\d{9}(?:MWST|TVA|IVA)?", "NO": r"\d{9}(?:MVA)?",
}  # fmt: skip
"""Form of the number behind the country's prefix, without spaces and points."""
_ANY = re.compile(
    rf"(?<![A-Za-z0-9])(?=(?P<all>(?P<prefix>{'|'.join(_EUROPEAN)})"
    r"[ .:-]{0,2}(?P<rest>[0-9A-Z]{1,3}(?:[ .-]?[0-9A-Z]){5,14}?(?: ?(?:MWST|TVA|IVA|MVA))?)(?![0-9A-Za-z])))"
)
"""A lookahead that matches at every position, as "IE VAT IE1234567A" begins like a number
itself."""
_LOCAL = re.compile(
    r"(?:[\s.:#/-]|n[°ºo.])*(?P<id>(?:[A-Z]{1,4}[ -]?)?\d[\dA-Z]*(?:[ ./-]?[\dA-Z]+){0,5}(?: MVA)?)", re.IGNORECASE
)
_MIN_DIGITS = 7
_MAX_LENGTH = 24
_NEIGHBOURS = 1
_FORM, _LABELLED, _NATIONAL, _SELLER = 1.0, 2.0, 1.2, 0.8
_STEUERNUMMER = re.compile(r"steuer-?\s?(?:nr|nummer)|st\.?-?nr|codice fiscale|cod\. ?fisc|c\.f\.")
_CONFIDENCE = {True: 0.92, False: 0.72}


class TaxId(NamedTuple):
    """A tax number and where it stands."""

    value: str
    cell: Cell
    confidence: float


def find_tax_id(annotated: AnnotatedText, parties: Parties) -> TaxId | None:
    """Return the seller's tax number.

    Numbers of the buyer are left out, and a VAT number is preferred to others.
    """
    candidates = [
        (score + (_SELLER if annotation.cell.locator in parties.seller else 0) - index / 10_000, value, annotation)
        for index, line in enumerate(annotated.lines)
        for position, annotation in enumerate(line)
        if annotation.cell.locator not in parties.buyer
        for score, value in _candidates_in_cell(line, position, annotation)
    ]
    if not candidates:
        return None
    score, value, annotation = max(candidates, key=lambda candidate: candidate[0])
    alone = len({re.sub(r"\W", "", other) for _, other, _ in candidates}) == 1
    return TaxId(value, annotation.cell, _CONFIDENCE[score >= _FORM + _LABELLED and alone])


def _candidates_in_cell(line: list[Annotation], position: int, annotation: Annotation) -> Iterator[tuple[float, str]]:
    text = annotation.cell.text
    labelled = [hit for hit in annotation.hits if Term.TAX_ID in hit.terms]
    if labelled and any(Term.CUSTOMER in hit.terms for hit in annotation.hits if hit.start < labelled[0].start):
        return  # "your VAT no."
    for match in _ANY.finditer(text):
        if value := _european(match):
            near = [hit for hit in labelled if hit.end <= match.start() + 2]
            beside = position > 0 and not annotation.hits and Term.TAX_ID in terms_of(line[position - 1].hits)
            yield _FORM + (_LABELLED if near or beside else 0), value
    if Term.BUYER in terms_of(annotation.hits[:1]):
        return
    for hit in labelled:
        value = _local(text[hit.end :])
        if value is None and not text[hit.end :].strip(" .:#"):
            beside_text = next((other.cell.text for other in line[position + 1 : position + 1 + _NEIGHBOURS]), "")
            value = _local(beside_text)
        if value is not None:
            weak = _STEUERNUMMER.search(annotation.folded[hit.start : hit.end + 2])
            yield (_NATIONAL / 2 if weak else _NATIONAL) + (_FORM if value[:2].isalpha() else 0), value


def _european(match: re.Match[str]) -> str | None:
    prefix = match["prefix"]
    form = _EUROPEAN.get(prefix)
    plain = re.sub(r"[ .-]", "", match["rest"])
    if form is None or re.fullmatch(form, plain) is None or sum(map(str.isdigit, plain)) < _MIN_DIGITS:
        return None
    return match["all"].strip()


def _local(text: str) -> str | None:
    match = _LOCAL.match(text[:60])
    if match is None:
        return None
    value = match["id"].strip(" ./-")
    words = value.split()
    while words and not any(map(str.isdigit, words[-1])) and words[-1] != "MVA":
        words.pop()
    value = " ".join(words)
    digits = sum(map(str.isdigit, value))
    return value if digits >= _MIN_DIGITS and len(value) <= _MAX_LENGTH else None
