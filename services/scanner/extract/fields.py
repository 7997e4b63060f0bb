"""The one engine that reads an invoice from text with layout; PDF, HTML and plain bodies all come through here."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from services.scanner.extract import iban, labels, sums
from services.scanner.extract.amounts import DecimalSign, currency_of, decimal_sign
from services.scanner.extract.dates import Order, date_order, dates_in, fold
from services.scanner.extract.draft import Draft
from services.scanner.extract.layout import Cell, Line, TextDocument, bounded
from services.scanner.extract.numbers import FoundNumber, find_number
from services.scanner.extract.titles import Title, title_of
from services.scanner.extract.vendors import buyer_cells, find_vendor

_TAX_ID = re.compile(
    r"(?<![a-z])(?:vat(?: reg(?:istration)?)?|ust\.?-?\s?id(?:ent)?\.?(?:-?nr)?|uid|tva|iva|btw|nip|cif|nif|moms|"
    r"tax id|gstin)"
    r"[\s.:#°*-]*(?:(?:no|nr|number|nummer|id|code|intracom\w*)\b)?[\s.:#°-]*"
    r"(?P<id>[a-z]{2}[\s.]?\d[\da-z]{1,3}(?:[\s.]?[\da-z]{2,4}){1,4}|\d{8,15})(?!\w)"
)
_ADDS_UP = 0.93
_CLEAR = 0.85
_UNCLEAR = 0.6
_LOOK_BELOW = 2
_MAX_LABEL = 40


def read(document: TextDocument) -> Draft | None:
    """The invoice in a document, or None: it takes a total, a vendor, and a number or a title that says invoice."""
    lines = bounded(document.lines)
    document = replace(document, lines=lines)
    title = title_of(document)
    number = find_number(lines, titled=title.says_invoice)
    if number is None and document.format != "pdf":
        return None  # most bodies that came this far end here, before the dear part
    sign: DecimalSign = decimal_sign(cell.text for line in lines for cell in line.cells)
    found = sums.find_sums(lines, sign)
    if found is None:
        return None
    if not _is_invoice(document, title, number, found):
        return None
    vendor = find_vendor(document)
    if vendor is None:
        return None
    draft = Draft(format=document.format, source=document.format, kind=title.kind)
    draft.put("vendor", vendor.name, locator=vendor.locator, text=vendor.text, confidence=vendor.confidence)
    if number is not None:
        at = number.cell
        draft.put("invoice_number", number.value, locator=at.locator, text=at.text, confidence=number.confidence)
    _put_sums(draft, found, lines)
    order = date_order((line.text for line in lines), american=draft.currency == "USD")
    _put_dates(draft, lines, order)
    _put_accounts(draft, lines)
    return draft


def _is_invoice(document: TextDocument, title: Title, number: FoundNumber | None, found: sums.Sums) -> bool:
    rank = number.rank if number is not None else 0
    if title.says_other and rank < labels.INVOICE_MARKED:
        return False
    if document.format == "pdf":
        return rank >= labels.MARKED or (title.says_invoice and (number is not None or sums.is_clear(found)))
    # Talk about prices and orders is everywhere in mail: here it takes more.
    priced = found.total.amount.currency is not None or found.adds_up
    if not (priced and sums.is_clear(found)):
        return found.total.score >= labels.WEAK and priced and rank >= labels.MARKED
    return rank >= labels.MARKED or (title.says_invoice and number is not None)


def _put_sums(draft: Draft, found: sums.Sums, lines: tuple[Line, ...]) -> None:
    confidence = _ADDS_UP if found.adds_up else _CLEAR if sums.is_clear(found) else _UNCLEAR
    for name, candidate in (("total", found.total), ("net", found.net), ("tax", found.tax)):
        if candidate is not None:
            at, value = candidate.cell, candidate.amount.value
            draft.put(name, value, locator=at.locator, text=at.text, confidence=confidence)
    code = found.total.amount.currency or currency_of(line.text for line in lines)
    draft.put("currency", code, locator=found.total.cell.locator, text=found.total.cell.text, confidence=_CLEAR)


class _Dated(NamedTuple):
    value: date
    cell: Cell
    score: float


def _put_dates(draft: Draft, lines: tuple[Line, ...], order: Order) -> None:
    due = max(_dated(lines, order, labels.DUE_DATE), key=lambda found: found.score, default=None)
    issued = max(_dated(lines, order, labels.ISSUE_DATE), key=lambda found: found.score, default=None)
    if issued is None:
        every = [
            _Dated(at.value, cell, 0) for line in lines for cell in line.cells for at in dates_in(cell.text, order)
        ]
        issued = next((found for found in every if due is None or found.value != due.value), None)
    if issued is not None:
        confidence = 0.6 + 0.3 * min(issued.score, 1)
        draft.put("issue_date", issued.value, locator=issued.cell.locator, text=issued.cell.text, confidence=confidence)
    if due is not None and (issued is None or due.value >= issued.value):
        draft.put("due_date", due.value, locator=due.cell.locator, text=due.cell.text, confidence=_CLEAR)


def _dated(lines: tuple[Line, ...], order: Order, label: re.Pattern[str]) -> Iterator[_Dated]:
    """Dates with this label before them in their cell, in the cell to the left, or above."""
    for index, line in enumerate(lines):
        for position, cell in enumerate(line.cells):
            folded = fold(cell.text)
            for match in label.finditer(folded):
                lead = folded[max(0, match.start() - 20) : match.start()]
                general = len(match.group()) <= len("datum") and label is labels.ISSUE_DATE
                if general and (labels.OTHER_DATE.search(lead) or labels.DUE_DATE.search(lead)):
                    continue
                score = (0.8 if general else 1.0) - index / 10_000
                yield from _near(lines, index, position, match.end(), order, score)


def _near(lines: tuple[Line, ...], index: int, position: int, end: int, order: Order, score: float) -> Iterator[_Dated]:
    cell = lines[index].cells[position]
    for found in dates_in(cell.text, order):
        if 0 <= found.start - end <= _MAX_LABEL // 2:
            yield _Dated(found.value, cell, score)
            return
    if cell.text[end:].strip(" :.") or len(cell.text) > _MAX_LABEL:
        return
    right = lines[index].cells[position + 1 : position + 2]
    below = [other for near in lines[index + 1 : index + 1 + _LOOK_BELOW] for other in near.cells if other.over(cell)]
    for penalty, other in (*((0.0, other) for other in right), *((0.1, other) for other in below)):
        if dates := dates_in(other.text, order):
            yield _Dated(dates[0].value, other, score - penalty)
            return


def _put_accounts(draft: Draft, lines: tuple[Line, ...]) -> None:
    buyer = buyer_cells(lines)
    for line in lines:
        for position, cell in enumerate(line.cells):
            if draft.iban is None and (account := iban.find(cell.text)):
                confidence = 0.95 if iban.is_valid(account) else 0.5
                draft.put("iban", account, locator=cell.locator, text=cell.text, confidence=confidence)
            if draft.vendor_tax_id is None and cell.locator not in buyer:
                text = "  ".join(near.text for near in line.cells[position : position + 2])
                match = _TAX_ID.search(fold(text))
                if match is not None and match.start() < len(cell.text):
                    number = text[match.start("id") : match.end("id")].upper()
                    draft.put("vendor_tax_id", number, locator=cell.locator, text=text, confidence=0.75)
