"""Who wrote the invoice: a label, a legal form, the sender's name in the text, or the letterhead, in this order."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.scanner.extract import labels
from services.scanner.extract.dates import fold
from services.scanner.extract.layout import Cell, Line, TextDocument

_LEGAL_FORM = re.compile(
    r"(?<![\w.])(?:GmbH(?: & Co\.? KG)?|mbH|AG|KG|OHG|UG|e\.K\.|SE|Ltd\.?|Limited|LLC|LLP|Inc\.?|Corp\.?|Corporation|"
    r"PLC|plc|S\.?A\.?R\.?L\.?|S\.?A\.?S\.?|S\.A\.|SA|S\.?r\.?l\.?|S\.?p\.?A\.?|S\.?L\.?U?\.|B\.?V\.?|b\.v\.|N\.V\.|"
    r"Sp\. ?z ?o\.? ?o\.?|sp\. j\.|Oy|AB|A/S|ApS|AS)(?!\w)"
)
_NAME_END = re.compile(r"\s*(?:[•·|\u2013\u2014]|,(?! ?(?:Inc|LLC|Ltd|L\.L\.C|S\.)\b)|  | - )")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:\d{4}(?:\s?[-\u2013]\s?\d{4})?,?\s*)?"
    r"(?P<name>[A-Z][\w&.' -]{2,50}?(?:,? (?:Inc|LLC|Ltd|GmbH)\.?)?)(?=[,.]?\s*(?:$|all rights|\.|\||inc\b))",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_NO_NAME = re.compile(
    r"@|https?:|www\.|\d{4,}|^\W*$|[:#?!]|\b(?:page|seite|tel|fax|phone|date|datum|copy|kopie)\b", re.IGNORECASE
)
_BUYER_LINES = 5
_SELLER_LINES = 4
_LETTERHEAD_LINES = 8
_MAX_NAME = 60


class Vendor(NamedTuple):
    """A vendor's name and where it stands."""

    name: str
    locator: str
    text: str
    confidence: float


def find_vendor(document: TextDocument) -> Vendor | None:
    """The most believable vendor of a document; None if there is not even a sender."""
    buyer = buyer_cells(document.lines)
    body = [cell for line in document.lines for cell in line.cells if cell.locator not in buyer]
    finders = (_labelled(document.lines), _of_sender(document, body), _with_legal_form(body), _copyright(body))
    if document.format == "pdf":
        finders = (finders[0], finders[2], finders[1], _letterhead(document, buyer))
    for found in finders:
        vendor = next(found, None)
        if vendor is not None:
            return vendor
    if document.sender:
        return Vendor(document.sender, "header From", document.sender, 0.55)
    if document.sender_domain:
        return Vendor(document.sender_domain, "header From", document.sender_domain, 0.4)
    return None


def buyer_cells(lines: tuple[Line, ...]) -> set[str]:
    """Locators of the cells that hold the buyer: those below or beside a label such as "Bill to", in its column."""
    found: set[str] = set()
    for index, line in enumerate(lines):
        for cell in line.cells:
            if len(cell.text) > labels.MAX_LABEL or not labels.BUYER.match(fold(cell.text)):
                continue
            found.add(cell.locator)
            for below in lines[index + 1 : index + 1 + _BUYER_LINES]:
                found.update(other.locator for other in below.cells if other.over(cell))
    return found


def _labelled(lines: tuple[Line, ...]) -> Iterator[Vendor]:
    for index, line in enumerate(lines):
        for cell in line.cells:
            match = labels.SELLER.match(fold(cell.text))
            if match is None:
                continue
            rest = cell.text[match.end() :].strip(" :")
            for text, source in ((rest, cell), *_named_below(lines[index + 1 : index + 1 + _SELLER_LINES], cell)):
                name = _name(text)
                if _LETTERS.search(name) and not _NO_NAME.search(name):
                    yield Vendor(name, source.locator, source.text, 0.85)


def _named_below(lines: tuple[Line, ...], label: Cell) -> Iterator[tuple[str, Cell]]:
    """Texts below a label in its column, first those that say themselves that they are a name."""
    below = [(line, cell) for line in lines for cell in line.cells if cell.over(label)]
    for line, cell in below:
        match = labels.NAME.match(fold(cell.text))
        if match is not None:
            right = next((other for other in line.cells if other.x0 > cell.x0), cell)
            yield (cell.text[match.end() :], cell) if match.end() < len(cell.text) else (right.text, right)
    yield from ((cell.text, cell) for _, cell in below[:2])


def _with_legal_form(cells: list[Cell]) -> Iterator[Vendor]:
    for cell in cells:
        for piece in re.split(r"\s*[•·|]\s*|\s+[-\u2013]\s+|  +", cell.text):
            match = _LEGAL_FORM.search(piece)
            if match is None or match.start() == 0 or len(piece[: match.end()]) > _MAX_NAME:
                continue
            name = piece[: match.end()].strip(" ,:-")
            if _LETTERS.search(name[: match.start()]) and not _NO_NAME.search(name) and name[:1].isalnum():
                yield Vendor(name, cell.locator, cell.text, 0.8)


def _of_sender(document: TextDocument, cells: list[Cell]) -> Iterator[Vendor]:
    sender = document.sender
    if not sender or len(sender) < 3:  # initials are no name
        return
    folded = fold(sender)
    for cell in cells:
        place = fold(cell.text).find(folded)
        if place >= 0:
            yield Vendor(cell.text[place : place + len(sender)], cell.locator, cell.text, 0.85)
            return


def _copyright(cells: list[Cell]) -> Iterator[Vendor]:
    for cell in reversed(cells):
        match = _COPYRIGHT.search(cell.text)
        if match is not None:
            yield Vendor(match["name"].strip(" ,"), cell.locator, cell.text, 0.65)


def _letterhead(document: TextDocument, buyer: set[str]) -> Iterator[Vendor]:
    for line in document.lines[:_LETTERHEAD_LINES]:
        for cell in line.cells:
            name = _name(cell.text)
            folded = fold(name)
            labelled = labels.TITLE.search(folded) or labels.OTHER_DOCUMENT.search(folded) or labels.amount_kind(folded)
            if cell.locator in buyer or labelled or _NO_NAME.search(name) or not _LETTERS.search(name):
                continue
            if len(name) <= _MAX_NAME and len(name.split()) <= 6 and sum(map(str.isdigit, name)) <= 2:
                yield Vendor(name, cell.locator, cell.text, 0.6)


def _name(text: str) -> str:
    match = _NAME_END.search(text)
    return (text[: match.start()] if match and match.start() else text).strip(" ,:")
