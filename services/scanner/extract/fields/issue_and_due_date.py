"""Classification of a document's dates by their labels: issued, due or other."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.date_parser import DateMatch, DateOrder, dates_in
from services.scanner.extract.fields.label_meaning import DateKind, date_kind, terms_of
from services.scanner.extract.lexicon import Hit, Term
from services.scanner.extract.page.text_document import Cell

_MAX_GAP = 32
"""Characters between a label and its date in one cell, at most."""
_HEAD_LINES = 25
_UNLABELLED = 0.3
_BELOW = 0.12
_LEFT = 0.03
_CLOSE_HEIGHTS = 2.5
_ALONE = 12
"""Characters before a date in its cell, such as a weekday, up to which its label may be outside."""
_OTHER_INVOICE_FACTOR = 0.7
_SHARED_LABEL_SCORE = 0.85
_REMARK_PENALTY = 0.1
_INVOICE_TERMS = frozenset({Term.INVOICE, Term.CREDIT, Term.RECEIPT})
_ELLIPSES = ("-/", "-und", "-u.", "-&", "-en", "-og", "-och")
_DATED = frozenset({Term.DATE, Term.ISSUED})
_DOCUMENT_TERMS = frozenset({Term.INVOICE, Term.CREDIT, Term.RECEIPT, Term.ORDER})


class DateCandidate(NamedTuple):
    """A date, its kind by its label, and how certain that is."""

    value: date
    kind: DateKind
    score: float
    cell: Cell
    of_invoice: bool = False
    """Whether its own cell names an invoice and no credit note."""


class InvoiceDates(NamedTuple):
    """The dates of an invoice that were found."""

    issued: DateCandidate | None
    due: DateCandidate | None


def find_dates(annotated: AnnotatedText, order: DateOrder, *, on_credit: bool = False) -> InvoiceDates:
    """Return the best dates of issue and of payment; an unlabelled one near the top may be the
    first.

    `on_credit`: a credit note, on which the date of an invoice is that of the credited one.
    """
    candidates = [
        dated for index in range(len(annotated.lines)) for dated in _candidates_in_line(annotated, index, order)
    ]
    if on_credit:
        candidates = [
            candidate._replace(score=candidate.score * _OTHER_INVOICE_FACTOR) if candidate.of_invoice else candidate
            for candidate in candidates
        ]
    due = max(
        (candidate for candidate in candidates if candidate.kind is DateKind.DUE),
        key=lambda candidate: candidate.score,
        default=None,
    )
    issued = max(
        (candidate for candidate in candidates if candidate.kind is DateKind.ISSUED),
        key=lambda candidate: candidate.score,
        default=None,
    )
    if due is not None and issued is not None and due.value < issued.value:
        due = next(
            (
                candidate
                for candidate in candidates
                if candidate.kind is DateKind.DUE and candidate.value >= issued.value
            ),
            None,
        )
    return InvoiceDates(issued, due)


def _candidates_in_line(annotated: AnnotatedText, index: int, order: DateOrder) -> Iterator[DateCandidate]:
    for position, annotation in enumerate(annotated.lines[index]):
        dates = dates_in(annotation.cell.text, order)
        start = 0
        for at in dates:
            kind = _own_label(annotation, start, at) or (
                _nearby_label(annotated, index, position) if at is dates[0] and _is_alone(annotation, at) else None
            )
            if kind is not None:
                terms = terms_of(annotation.hits_between(start, at.start))
                of_invoice = Term.INVOICE in terms and Term.CREDIT not in terms
                yield DateCandidate(at.value, kind[0], kind[1] - index / 10_000, annotation.cell, of_invoice)
            elif index < _HEAD_LINES and len(annotation.cell.text) - (at.end - at.start) < _MAX_GAP:
                yield DateCandidate(at.value, DateKind.ISSUED, _UNLABELLED - index / 10_000, annotation.cell)
            start = at.end


def _is_alone(annotation: Annotation, at: DateMatch) -> bool:
    return at.start <= _ALONE and not terms_of(annotation.hits_between(0, at.start))


def _own_label(annotation: Annotation, start: int, at: DateMatch) -> tuple[DateKind, float] | None:
    """Return the meaning of the words before the date in its cell, the nearest first.

    The label may also stand behind: "2 March 2026 (due date)".
    """
    before = [hit for hit in annotation.hits if start <= hit.start and hit.end <= at.start]
    if before and at.start - before[-1].end <= _MAX_GAP:
        # "Invoice 7 of 3 March, due": only the stretch of label words that ends at the date counts.
        stretch = [before[-1]]
        for hit in reversed(before[:-1]):
            if stretch[0].start - hit.end > _MAX_GAP // 2:
                break
            stretch.insert(0, hit)
        while stretch and (kind := _kind(stretch, annotation)) is None:
            stretch.pop(0)
        if stretch and kind is not None:
            return kind
        if Term.DATE in before[-1].terms and terms_of(before) & _DOCUMENT_TERMS:
            return DateKind.ISSUED, 0.95 if terms_of(before) & _INVOICE_TERMS else 0.6  # "your order no. 17 of 3 March"
        numbered = any(map(str.isdigit, annotation.folded[before[-1].end : at.start]))
        if numbered and terms_of(before) & _DOCUMENT_TERMS:
            return DateKind.ISSUED, 0.6  # "[Order #1234] (3 March 2024)"
    lead = _leading_label(annotation, at)
    if lead and (kind := _kind(lead, annotation)) is not None:
        return kind[0], kind[1] - _REMARK_PENALTY
    behind = annotation.hits_between(at.end, len(annotation.folded))
    if behind and annotation.is_label and behind[0].start - at.end <= 3:
        kind = date_kind(terms_of(behind))
        return kind if kind is not None and kind[0] is not DateKind.ISSUED else None
    return None


def _kind(hits: list[Hit], annotation: Annotation) -> tuple[DateKind, float] | None:
    """Return the kind of date that a label means.

    As `date_kind`, but "date of delivery and invoice" is also the invoice's.
    """
    kind = date_kind(terms_of(hits))
    if kind is None or kind[0] is not DateKind.OTHER:
        return kind
    dated = any(hit.terms & _INVOICE_TERMS and hit.terms & _DATED for hit in hits) or any(
        before.terms & _INVOICE_TERMS
        and after.terms & _DATED
        and _is_one_word(annotation.folded[before.end : after.start])
        for before, after in pairwise(hits)
    )
    return (DateKind.ISSUED, _SHARED_LABEL_SCORE) if dated else kind


def _is_one_word(between: str) -> bool:
    """Return whether two words are one, or share their end: "Rechnungs-/Lieferdatum"."""
    return len(between) <= 1 or between.replace(" ", "") in _ELLIPSES


def _leading_label(annotation: Annotation, at: DateMatch) -> list[Hit]:
    """Return the label at the start of a cell, if a remark separates it from the colon before the
    date."""
    if not annotation.folded[: at.start].rstrip().endswith(":"):
        return []
    lead: list[Hit] = []
    for hit in annotation.hits:
        if hit.end > at.start or hit.start - (lead[-1].end if lead else 0) > 1:
            break
        lead.append(hit)
    return lead


def _nearby_label(annotated: AnnotatedText, index: int, position: int) -> tuple[DateKind, float] | None:
    line = annotated.lines[index]
    for left in reversed(line[max(0, position - 2) : position]):
        if any(map(str.isdigit, left.folded)):
            continue  # a value of its own
        if left.is_label and (kind := _kind(left.hits, left)) is not None:
            return kind[0], kind[1] - _LEFT
        if left.is_label and any(map(str.isalpha, left.folded)):
            break
    above = _above(annotated, index, line[position].cell)
    if above is not None and above.is_label and not any(map(str.isdigit, above.folded)):
        kind = _kind(above.hits, above)
        if kind is not None:
            return kind[0], kind[1] - _BELOW
    return None


def _above(annotated: AnnotatedText, index: int, cell: Cell) -> Annotation | None:
    """Return the nearest cell above this one in its column, unless it is far away."""
    for further in range(index - 1, max(-1, index - 8), -1):
        for annotation in annotated.lines[further]:
            other = annotation.cell
            if other.page != cell.page or cell.y0 - other.y0 > _CLOSE_HEIGHTS * max(cell.height, other.height):
                return None
            if other.in_column_of(cell):
                return annotation
    return None
