"""Tells the dates of a document apart: issued, due, and all others, by the label nearest to each."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from services.scanner.extract.fields.annotated_text import Mark, Marks
from services.scanner.extract.fields.date_parser import FoundDate, Order, dates_in
from services.scanner.extract.fields.label_meaning import DateKind, date_kind, terms_of
from services.scanner.extract.lexicon import Hit, Term
from services.scanner.extract.page.text_document import Cell

_MAX_GAP = 32
"""Characters between a label and its date in one cell."""
_HEAD_LINES = 25
_UNLABELLED = 0.3
_BELOW = 0.12
_LEFT = 0.03
_CLOSE_HEIGHTS = 2.5
_ALONE = 12
"""Characters before a date in its cell, such as a weekday, up to which the label is looked for outside."""
_FOREIGN = 0.7
_AS_WELL = 0.85
_REMARKED = 0.1
_BILLS = frozenset({Term.INVOICE, Term.CREDIT, Term.RECEIPT})
_ELLIPSES = ("-/", "-und", "-u.", "-&", "-en", "-og", "-och")
_DATED = frozenset({Term.DATE, Term.ISSUED})
_PAPERS = frozenset({Term.INVOICE, Term.CREDIT, Term.RECEIPT, Term.ORDER})


class Dated(NamedTuple):
    """A date, what it is, and how surely."""

    value: date
    kind: DateKind
    score: float
    cell: Cell
    of_invoice: bool = False
    """Whether its own cell names an invoice, and no credit note."""


class Dates(NamedTuple):
    """The dates of an invoice that were found."""

    issued: Dated | None
    due: Dated | None


def find_dates(marks: Marks, order: Order, *, on_credit: bool = False) -> Dates:
    """The best dates of issue and of payment; an unlabelled one near the top has to do for the first.

    `on_credit`: a credit note, on which the date of an invoice is that of the one that it is about.
    """
    found = [dated for index in range(len(marks.lines)) for dated in _of_line(marks, index, order)]
    if on_credit:
        found = [one._replace(score=one.score * _FOREIGN) if one.of_invoice else one for one in found]
    due = max((one for one in found if one.kind is DateKind.DUE), key=lambda one: one.score, default=None)
    issued = max((one for one in found if one.kind is DateKind.ISSUED), key=lambda one: one.score, default=None)
    if due is not None and issued is not None and due.value < issued.value:
        due = next((one for one in found if one.kind is DateKind.DUE and one.value >= issued.value), None)
    return Dates(issued, due)


def _of_line(marks: Marks, index: int, order: Order) -> Iterator[Dated]:
    for position, mark in enumerate(marks.lines[index]):
        dates = dates_in(mark.cell.text, order)
        start = 0
        for at in dates:
            kind = _own_label(mark, start, at) or (
                _near_label(marks, index, position) if at is dates[0] and _is_alone(mark, at) else None
            )
            if kind is not None:
                terms = terms_of(mark.hits_between(start, at.start))
                of_invoice = Term.INVOICE in terms and Term.CREDIT not in terms
                yield Dated(at.value, kind[0], kind[1] - index / 10_000, mark.cell, of_invoice)
            elif index < _HEAD_LINES and len(mark.cell.text) - (at.end - at.start) < _MAX_GAP:
                yield Dated(at.value, DateKind.ISSUED, _UNLABELLED - index / 10_000, mark.cell)
            start = at.end


def _is_alone(mark: Mark, at: FoundDate) -> bool:
    return at.start <= _ALONE and not terms_of(mark.hits_between(0, at.start))


def _own_label(mark: Mark, start: int, at: FoundDate) -> tuple[DateKind, float] | None:
    """What the words before the date in its cell say, the nearest first; "2 March 2026 (due date)" says it behind."""
    before = [hit for hit in mark.hits if start <= hit.start and hit.end <= at.start]
    if before and at.start - before[-1].end <= _MAX_GAP:
        # "Invoice 7 of 3 March, due": only the stretch of label words that ends at the date counts.
        stretch = [before[-1]]
        for hit in reversed(before[:-1]):
            if stretch[0].start - hit.end > _MAX_GAP // 2:
                break
            stretch.insert(0, hit)
        while stretch and (kind := _kind(stretch, mark)) is None:
            stretch.pop(0)
        if stretch and kind is not None:
            return kind
        if Term.DATE in before[-1].terms and terms_of(before) & _PAPERS:
            return DateKind.ISSUED, 0.95 if terms_of(before) & _BILLS else 0.6  # "your order no. 17 of 3 March"
        numbered = any(map(str.isdigit, mark.folded[before[-1].end : at.start]))
        if numbered and terms_of(before) & _PAPERS:
            return DateKind.ISSUED, 0.6  # "[Order #1234] (3 March 2024)"
    lead = _leading(mark, at)
    if lead and (kind := _kind(lead, mark)) is not None:
        return kind[0], kind[1] - _REMARKED
    behind = mark.hits_between(at.end, len(mark.folded))
    if behind and mark.is_label and behind[0].start - at.end <= 3:
        kind = date_kind(terms_of(behind))
        return kind if kind is not None and kind[0] is not DateKind.ISSUED else None
    return None


def _kind(hits: list[Hit], mark: Mark) -> tuple[DateKind, float] | None:
    """As `date_kind`; "date of delivery and invoice" is the invoice's, too."""
    kind = date_kind(terms_of(hits))
    if kind is None or kind[0] is not DateKind.OTHER:
        return kind
    dated = any(hit.terms & _BILLS and hit.terms & _DATED for hit in hits) or any(
        before.terms & _BILLS and after.terms & _DATED and _belong(mark.folded[before.end : after.start])
        for before, after in pairwise(hits)
    )
    return (DateKind.ISSUED, _AS_WELL) if dated else kind


def _belong(between: str) -> bool:
    """Whether two words are one, or the first shares its end with the second: "Rechnungs-/Lieferdatum"."""
    return len(between) <= 1 or between.replace(" ", "") in _ELLIPSES


def _leading(mark: Mark, at: FoundDate) -> list[Hit]:
    """The label that a cell begins with, where a remark stands between it and the colon before the date."""
    if not mark.folded[: at.start].rstrip().endswith(":"):
        return []
    lead: list[Hit] = []
    for hit in mark.hits:
        if hit.end > at.start or hit.start - (lead[-1].end if lead else 0) > 1:
            break
        lead.append(hit)
    return lead


def _near_label(marks: Marks, index: int, position: int) -> tuple[DateKind, float] | None:
    line = marks.lines[index]
    for left in reversed(line[max(0, position - 2) : position]):
        if any(map(str.isdigit, left.folded)):
            continue  # a value of its own
        if left.is_label and (kind := _kind(left.hits, left)) is not None:
            return kind[0], kind[1] - _LEFT
        if left.is_label and any(map(str.isalpha, left.folded)):
            break
    above = _above(marks, index, line[position].cell)
    if above is not None and above.is_label and not any(map(str.isdigit, above.folded)):
        kind = _kind(above.hits, above)
        if kind is not None:
            return kind[0], kind[1] - _BELOW
    return None


def _above(marks: Marks, index: int, cell: Cell) -> Mark | None:
    """The nearest cell over this one in its column, unless it is far."""
    for further in range(index - 1, max(-1, index - 8), -1):
        for mark in marks.lines[further]:
            other = mark.cell
            if other.page != cell.page or cell.y0 - other.y0 > _CLOSE_HEIGHTS * max(cell.height, other.height):
                return None
            if other.over(cell):
                return mark
    return None
