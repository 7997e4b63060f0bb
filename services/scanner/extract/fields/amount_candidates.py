"""Candidates for net, tax and total by their labels and places; the totals solver chooses."""

import re
from collections.abc import Iterator
from dataclasses import replace

from services.scanner.extract.fields.amount_parser import Amount, DecimalSign, amounts_in, named_currency
from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.label_meaning import STRONG, AmountKind, Terms, amount_kind, terms_of
from services.scanner.extract.fields.totals_solver import Candidate, Totals, solve
from services.scanner.extract.lexicon import Term
from services.scanner.extract.page.text_document import Cell

_MAX_CELL = 200
_BELOW, _IN_TABLE = -1.5, -2.6
_PROSE = -1.5
_BARE = -0.75
_BEHIND = -0.25
_AT_START = 4
_REMARK = re.compile(r"\([^()]*\)")
_LABEL_WORDS = 6
_TRAILING_WORDS = 3
_LONGEST_HEADING = 40
_COLUMN_TERMS = frozenset({Term.NET, Term.TAX, Term.GROSS, Term.TOTAL, Term.AMOUNT, Term.GRAND, Term.PAYABLE})


def find_totals(annotated: AnnotatedText, sign: DecimalSign) -> Totals | None:
    """Return net, tax and total of a document; None without a labelled total."""
    amounts = [
        [_without_remarks(annotation.cell.text, amounts_in(annotation.cell.text, sign)) for annotation in line]
        for line in annotated.lines
    ]
    candidates = list(_candidates(annotated, amounts))
    placed = [
        [(amount, line[position].cell) for position, in_cell in enumerate(of_line) for amount in in_cell]
        for line, of_line in zip(annotated.lines, amounts, strict=True)
    ]
    totals = solve(candidates, placed)
    if totals is not None and totals.total.amount.currency is None:
        # "Total EUR | 12.00": the label may say it.
        named = named_currency(annotation.cell.text for annotation in annotated.lines[totals.total.line])
        return totals._replace(total=totals.total._replace(amount=replace(totals.total.amount, currency=named)))
    return totals


def _without_remarks(text: str, amounts: list[Amount]) -> list[Amount]:
    """Drop the amounts in a remark behind the first one: "24.70 (incl. 1.62 VAT)"."""
    if len(amounts) < 2 or amounts[0].start > _AT_START or not (remark := _REMARK.search(text, amounts[0].end)):
        return amounts
    return [amount for amount in amounts if not remark.start() < amount.start < remark.end()]


def _candidates(annotated: AnnotatedText, amounts: list[list[list[Amount]]]) -> Iterator[Candidate]:
    headings: list[tuple[Cell, Terms]] = []
    for index, line in enumerate(annotated.lines):
        if not any(amounts[index]) and len(line) > 1:
            headings = _column_headings(line) or headings
        for position, annotation in enumerate(line):
            if len(annotation.cell.text) <= _MAX_CELL and annotation.hits:
                yield from _candidates_in_cell(annotated, amounts, index, position, headings)


def _column_headings(line: list[Annotation]) -> list[tuple[Cell, Terms]]:
    """Return the headings of a table's columns of amounts."""
    headings = [
        (annotation.cell, terms_of(annotation.hits))
        for annotation in line
        if len(annotation.folded) <= _LONGEST_HEADING
    ]
    telling = [head for head in headings if head[1] & _COLUMN_TERMS]
    return headings if telling and len(headings) > 1 else []


def _candidates_in_cell(
    annotated: AnnotatedText,
    amounts: list[list[list[Amount]]],
    index: int,
    position: int,
    headings: list[tuple[Cell, Terms]],
) -> Iterator[Candidate]:
    line = annotated.lines[index]
    annotation = line[position]
    inside = amounts[index][position]
    beyond = any(amounts[index][at] for at in range(position + 1, len(line)))
    if inside and not (
        beyond and annotation.is_label and _kind_of(annotation) is AmountKind.TAX
    ):  # "VAT 10 % (of 90.00) | 9.00"
        yield from _labelled_in_cell(annotation, inside, index)
        return
    understood = amount_kind(terms_of(annotation.hits)) if annotation.is_label else None
    if understood is None:
        return
    kind, clarity = understood
    row = [(amount, line[at].cell) for at in range(position + 1, len(line)) for amount in amounts[index][at]]
    labelled = next(
        (
            at
            for at in range(position + 1, len(line))
            if not amounts[index][at] and amount_kind(terms_of(line[at].hits))
        ),
        None,
    )
    if row and labelled is None:
        yield from _candidates_in_row(row, kind, clarity, index, headings)
        return
    if row and labelled is not None:
        between = [pair for pair in row if pair[1].x0 < line[labelled].cell.x0]
        if between:
            yield _candidate(kind, *between[-1], clarity, index)
            return
    for row_below, under in annotated.below(index, annotation.cell):
        below_amounts = amounts[row_below][annotated.lines[row_below].index(under)]
        if below_amounts and below_amounts[0].start <= _AT_START:  # the amount itself, not a sentence with one
            alone = sum(bool(amount_kind(terms_of(other.hits))) for other in line) == 1
            yield _candidate(kind, below_amounts[-1], under.cell, clarity + (_BELOW if alone else _IN_TABLE), row_below)


def _kind_of(annotation: Annotation) -> AmountKind | None:
    understood = amount_kind(terms_of(annotation.hits))
    return understood[0] if understood is not None else None


def _labelled_in_cell(annotation: Annotation, inside: list[Amount], index: int) -> Iterator[Candidate]:
    """Yield amounts with their label in the same cell: "Net 10.00 VAT 2.00 Total 12.00"."""
    start = 0
    for place, amount in enumerate(inside):
        label = annotation.hits_between(start, amount.start + 1)
        understood = amount_kind(terms_of(label))
        words = len(annotation.folded[start : amount.start].split())
        behind = 0.0
        if understood is None and place == len(inside) - 1:
            # "$33.98 paid": the words may follow.
            understood = amount_kind(terms_of(annotation.hits_between(amount.end, len(annotation.folded))))
            behind = _BEHIND
        after = annotation.folded[amount.end :].split() if place == len(inside) - 1 else []
        if understood is not None:
            prose = _PROSE if words > _LABEL_WORDS or len(after) > _TRAILING_WORDS else 0
            if place + 1 < len(inside) and not annotation.hits_between(amount.end, inside[place + 1].start + 1):
                continue  # "19 % of 100.00: 19.00": the last one is it
            yield _candidate(understood[0], amount, annotation.cell, understood[1] + prose + behind, index)
        start = amount.end if annotation.hits_between(amount.end, len(annotation.folded)) else start


def _candidates_in_row(
    row: list[tuple[Amount, Cell]], kind: AmountKind, clarity: float, index: int, headings: list[tuple[Cell, Terms]]
) -> Iterator[Candidate]:
    """Yield the amounts to the right of a label: one per heading if headings tell, else the
    last."""
    if len(row) > 1 and kind is AmountKind.TOTAL:
        headed = [(_heading_meaning(cell, headings), amount, cell) for amount, cell in row]
        kinds = [meaning[0] for meaning, _, _ in headed if meaning is not None]
        if AmountKind.TOTAL in kinds or (AmountKind.NET in kinds and AmountKind.TAX in kinds):
            for meaning, amount, cell in headed:
                if meaning is not None and meaning[0] is not AmountKind.OTHER:
                    yield _candidate(
                        meaning[0], amount, cell, clarity if meaning[0] is kind else min(clarity, STRONG), index
                    )
            return
    if kind is AmountKind.TOTAL or len(row) == 1:
        yield _candidate(kind, *row[-1], clarity, index)
        return
    # "VAT 19 % of 100.00 | 19.00": of the tax the last, of the net amount the first.
    yield _candidate(kind, *(row[-1] if kind is not AmountKind.NET else row[0]), clarity - 0.25, index)


def _heading_meaning(cell: Cell, headings: list[tuple[Cell, Terms]]) -> tuple[AmountKind, float] | None:
    above = [terms for head, terms in headings if head.in_column_of(cell)]
    return amount_kind(above[0]) if above else None


def _candidate(kind: AmountKind, amount: Amount, cell: Cell, score: float, line: int) -> Candidate:
    if kind is AmountKind.NET and amount.value == 0:
        kind = AmountKind.TAX  # "VAT 0 %" names the rate of a net amount, or a tax of nothing
    bare = not amount.has_decimals and amount.currency is None
    return Candidate(kind, amount, score + (_BARE if bare else 0), line, cell)


def is_clear(totals: Totals) -> bool:
    """Return whether the total is beyond doubt: it adds up, or its label is unmistakable."""
    amount = totals.total.amount
    priced = amount.has_decimals or amount.currency is not None
    return totals.adds_up or (priced and totals.total.score >= STRONG + _BARE)
