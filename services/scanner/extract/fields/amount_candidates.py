"""Finds net, tax and total: candidates by label and place, then those that add up, else the clearest."""

import re
from collections.abc import Iterator
from dataclasses import replace

from services.scanner.extract.fields.amount_parser import Amount, DecimalSign, amounts_in, currency_of
from services.scanner.extract.fields.annotated_text import Mark, Marks
from services.scanner.extract.fields.label_meaning import STRONG, AmountKind, Terms, amount_kind, terms_of
from services.scanner.extract.fields.totals_solver import Candidate, Sums, solve
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
_TABLE_HEADS = frozenset({Term.NET, Term.TAX, Term.GROSS, Term.TOTAL, Term.AMOUNT, Term.GRAND, Term.PAYABLE})


def find_sums(marks: Marks, sign: DecimalSign) -> Sums | None:
    """Net, tax and total of a document; None without a labelled total."""
    amounts = [
        [_without_remarks(mark.cell.text, amounts_in(mark.cell.text, sign)) for mark in line] for line in marks.lines
    ]
    candidates = list(_candidates(marks, amounts))
    placed = [
        [(amount, line[position].cell) for position, found in enumerate(of_line) for amount in found]
        for line, of_line in zip(marks.lines, amounts, strict=True)
    ]
    sums = solve(candidates, placed)
    if sums is not None and sums.total.amount.currency is None:
        # "Total EUR | 12.00": the label may say it.
        named = currency_of(mark.cell.text for mark in marks.lines[sums.total.line])
        return sums._replace(total=sums.total._replace(amount=replace(sums.total.amount, currency=named)))
    return sums


def _without_remarks(text: str, found: list[Amount]) -> list[Amount]:
    """The amounts of a cell that begins with one, without those that a remark tells: "24.70 (incl. 1.62 VAT)"."""
    if len(found) < 2 or found[0].start > _AT_START or not (remark := _REMARK.search(text, found[0].end)):
        return found
    return [amount for amount in found if not remark.start() < amount.start < remark.end()]


def _candidates(marks: Marks, amounts: list[list[list[Amount]]]) -> Iterator[Candidate]:
    heads: list[tuple[Cell, Terms]] = []
    for index, line in enumerate(marks.lines):
        if not any(amounts[index]) and len(line) > 1:
            heads = _heads(line) or heads
        for position, mark in enumerate(line):
            if len(mark.cell.text) <= _MAX_CELL and mark.hits:
                yield from _of_cell(marks, amounts, index, position, heads)


def _heads(line: list[Mark]) -> list[tuple[Cell, Terms]]:
    """The headings of a table's columns of amounts."""
    heads = [(mark.cell, terms_of(mark.hits)) for mark in line if len(mark.folded) <= _LONGEST_HEADING]
    telling = [head for head in heads if head[1] & _TABLE_HEADS]
    return heads if telling and len(heads) > 1 else []


def _of_cell(
    marks: Marks, amounts: list[list[list[Amount]]], index: int, position: int, heads: list[tuple[Cell, Terms]]
) -> Iterator[Candidate]:
    line = marks.lines[index]
    mark = line[position]
    inside = amounts[index][position]
    beyond = any(amounts[index][at] for at in range(position + 1, len(line)))
    if inside and not (beyond and mark.is_label and _kind_of(mark) is AmountKind.TAX):  # "VAT 10 % (of 90.00) | 9.00"
        yield from _inside(mark, inside, index)
        return
    understood = amount_kind(terms_of(mark.hits)) if mark.is_label else None
    if understood is None:
        return
    kind, clearness = understood
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
        yield from _of_row(row, kind, clearness, index, heads)
        return
    if row and labelled is not None:
        between = [pair for pair in row if pair[1].x0 < line[labelled].cell.x0]
        if between:
            yield _candidate(kind, *between[-1], clearness, index)
            return
    for below, under in marks.below(index, mark.cell):
        found = amounts[below][marks.lines[below].index(under)]
        if found and found[0].start <= _AT_START:  # the amount itself, not a sentence with one
            alone = sum(bool(amount_kind(terms_of(other.hits))) for other in line) == 1
            yield _candidate(kind, found[-1], under.cell, clearness + (_BELOW if alone else _IN_TABLE), below)


def _kind_of(mark: Mark) -> AmountKind | None:
    understood = amount_kind(terms_of(mark.hits))
    return understood[0] if understood is not None else None


def _inside(mark: Mark, inside: list[Amount], index: int) -> Iterator[Candidate]:
    """Amounts with their label in the same cell, each after its own: "Net 10.00 VAT 2.00 Total 12.00"."""
    start = 0
    for place, amount in enumerate(inside):
        label = mark.hits_between(start, amount.start + 1)
        understood = amount_kind(terms_of(label))
        words = len(mark.folded[start : amount.start].split())
        behind = 0.0
        if understood is None and place == len(inside) - 1:
            # "$33.98 paid": the words may follow.
            understood = amount_kind(terms_of(mark.hits_between(amount.end, len(mark.folded))))
            behind = _BEHIND
        after = mark.folded[amount.end :].split() if place == len(inside) - 1 else []
        if understood is not None:
            prose = _PROSE if words > _LABEL_WORDS or len(after) > _TRAILING_WORDS else 0
            if place + 1 < len(inside) and not mark.hits_between(amount.end, inside[place + 1].start + 1):
                continue  # "19 % of 100.00: 19.00": the last one is it
            yield _candidate(understood[0], amount, mark.cell, understood[1] + prose + behind, index)
        start = amount.end if mark.hits_between(amount.end, len(mark.folded)) else start


def _of_row(
    row: list[tuple[Amount, Cell]], kind: AmountKind, clearness: float, index: int, heads: list[tuple[Cell, Terms]]
) -> Iterator[Candidate]:
    """The amounts to the right of a label: one each where headings tell them apart, else the last one."""
    if len(row) > 1 and kind is AmountKind.TOTAL:
        told = [(_headed(cell, heads), amount, cell) for amount, cell in row]
        kinds = [one[0] for one, _, _ in told if one is not None]
        if AmountKind.TOTAL in kinds or (AmountKind.NET in kinds and AmountKind.TAX in kinds):
            for one, amount, cell in told:
                if one is not None and one[0] is not AmountKind.OTHER:
                    yield _candidate(
                        one[0], amount, cell, clearness if one[0] is kind else min(clearness, STRONG), index
                    )
            return
    if kind is AmountKind.TOTAL or len(row) == 1:
        yield _candidate(kind, *row[-1], clearness, index)
        return
    # "VAT 19 % of 100.00 | 19.00": of the tax the last, of the net amount the first.
    yield _candidate(kind, *(row[-1] if kind is not AmountKind.NET else row[0]), clearness - 0.25, index)


def _headed(cell: Cell, heads: list[tuple[Cell, Terms]]) -> tuple[AmountKind, float] | None:
    over = [terms for head, terms in heads if head.over(cell)]
    return amount_kind(over[0]) if over else None


def _candidate(kind: AmountKind, amount: Amount, cell: Cell, score: float, line: int) -> Candidate:
    if kind is AmountKind.NET and amount.value == 0:
        kind = AmountKind.TAX  # "VAT 0 %" names the rate of a net amount, or a tax of nothing
    bare = not amount.has_decimals and amount.currency is None
    return Candidate(kind, amount, score + (_BARE if bare else 0), line, cell)


def is_clear(sums: Sums) -> bool:
    """Whether the total is beyond doubt: it adds up, or its label is unmistakable."""
    amount = sums.total.amount
    priced = amount.has_decimals or amount.currency is not None
    return sums.adds_up or (priced and sums.total.score >= STRONG + _BARE)
