"""Finds net, tax and total: candidates by label and place, then the three that add up, else the clearest."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from services.scanner.extract.amounts import Amount, DecimalSign, amounts_in
from services.scanner.extract.dates import fold
from services.scanner.extract.labels import STRONG, TRUE_NET, WEAK, AmountKind, amount_kind
from services.scanner.extract.layout import Cell, Line

ROUNDING = Decimal("0.02")
_MAX_CELL = 200
_PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s?%")
_LOOK_BELOW = 2
_MAX_CANDIDATES = 60
_HIGHEST_TAX_SHARE = Decimal("0.35")
_BELOW = -1.5
_PROSE = -1.5
_LABEL_WORDS = 5
_TRAILING_WORDS = 3
_BARE = -0.75
_CLEARLY_BETTER = 1


class Candidate(NamedTuple):
    """An amount that could be one of the sums, and how much speaks for it."""

    kind: AmountKind
    amount: Amount
    score: float
    line: int
    cell: Cell


class Sums(NamedTuple):
    """The chosen sums; the total is always there."""

    total: Candidate
    net: Candidate | None
    tax: Candidate | None
    adds_up: bool


def find_sums(lines: tuple[Line, ...], sign: DecimalSign) -> Sums | None:
    """Net, tax and total of a document; None without a labelled total."""
    found = list(_candidates(lines, sign))
    totals = _of(found, AmountKind.TOTAL)
    nets = _of(found, AmountKind.NET)
    taxes = _of(found, AmountKind.TAX)
    total = max(totals, key=lambda candidate: (candidate.score, candidate.line), default=None)
    triple = _best_triple(totals, nets, taxes) or _row_triple(lines, sign)
    if triple is not None and (total is None or total.score - triple.total.score < _CLEARLY_BETTER):
        return triple
    if total is None:
        return None
    # A subtotal that does not add up is the sum of the items, before postage or discount: it is not the net amount.
    net = next((one for one in nets if one.score >= TRUE_NET and 0 < one.amount.value <= total.amount.value), None)
    if net is None and not taxes:
        net = next((one for one in nets if one.amount.value == total.amount.value), None)
    completed = _completed(lines, sign, total, net, taxes)
    if completed is not None:
        return completed
    if len({one.amount.value for one in taxes}) == 1 and 0 <= taxes[0].amount.value <= total.amount.value:
        # One of the two does not belong to this total, and a tax is told apart more easily than a net amount.
        return Sums(total, None, taxes[0], adds_up=False)
    return Sums(total, net, None, adds_up=False)


def _completed(
    lines: tuple[Line, ...], sign: DecimalSign, total: Candidate, net: Candidate | None, taxes: list[Candidate]
) -> Sums | None:
    """Total and tax (or net) with the third amount that makes them add up, wherever it stands under another label."""
    placed = {
        amount.value: (amount, index, cell)
        for index, line in enumerate(lines)
        for cell in line.cells
        for amount in amounts_in(cell.text, sign)
    }
    for tax in taxes:
        rest = total.amount.value - tax.amount.value
        if rest in placed and tax.amount.value > 0 and _adds_up(rest, tax.amount.value, total.amount.value):
            amount, index, cell = placed[rest]
            return Sums(total, Candidate(AmountKind.NET, amount, 1, index, cell), tax, adds_up=True)
    if net is not None and not taxes:
        rest = total.amount.value - net.amount.value
        if rest in placed and rest > 0 and _adds_up(net.amount.value, rest, total.amount.value):
            amount, index, cell = placed[rest]
            return Sums(total, net, Candidate(AmountKind.TAX, amount, 1, index, cell), adds_up=True)
    return None


def _of(found: list[Candidate], kind: AmountKind) -> list[Candidate]:
    of_kind = [candidate for candidate in found if candidate.kind is kind]
    return sorted(of_kind, key=lambda candidate: (-candidate.score, -candidate.line))[:_MAX_CANDIDATES]


def _best_triple(totals: list[Candidate], nets: list[Candidate], taxes: list[Candidate]) -> Sums | None:
    best: Sums | None = None
    best_score = 0.0
    for total in totals:
        for tax in taxes:
            for net in nets:
                if not _adds_up(net.amount.value, tax.amount.value, total.amount.value):
                    continue
                score = total.score + tax.score + net.score + total.line / 10_000
                if score > best_score:
                    best, best_score = Sums(total, net, tax, adds_up=True), score
    return best


def _adds_up(net: Decimal, tax: Decimal, total: Decimal) -> bool:
    return abs(net + tax - total) <= ROUNDING and total != 0 and abs(tax) <= _HIGHEST_TAX_SHARE * abs(total)


def _row_triple(lines: tuple[Line, ...], sign: DecimalSign) -> Sums | None:
    """Net, tax and total side by side in one row, as in a table of tax rates; the last such row is the sum."""
    for index in range(len(lines) - 1, -1, -1):
        placed = [(amount, cell) for cell in lines[index].cells for amount in amounts_in(cell.text, sign)]
        for (net, net_cell), (tax, tax_cell), (total, total_cell) in zip(placed, placed[1:], placed[2:], strict=False):
            if not all(amount.has_decimals for amount in (net, tax, total)) or tax.value <= 0:
                continue
            if _adds_up(net.value, tax.value, total.value):
                return Sums(
                    Candidate(AmountKind.TOTAL, total, WEAK, index, total_cell),
                    Candidate(AmountKind.NET, net, WEAK, index, net_cell),
                    Candidate(AmountKind.TAX, tax, WEAK, index, tax_cell),
                    adds_up=True,
                )
    return None


def _candidates(lines: tuple[Line, ...], sign: DecimalSign) -> Iterator[Candidate]:
    for index, line in enumerate(lines):
        for position, cell in enumerate(line.cells):
            if len(cell.text) <= _MAX_CELL:
                yield from _of_cell(lines, index, position, sign)


def _of_cell(lines: tuple[Line, ...], index: int, position: int, sign: DecimalSign) -> Iterator[Candidate]:
    cell = lines[index].cells[position]
    inside = amounts_in(cell.text, sign)
    label = cell.text[: inside[0].start] if inside else cell.text
    understood = amount_kind(_PERCENT.sub("", fold(label)).strip(" :.()-"))
    if understood is None and inside:
        # "$33.98 paid": the words may follow.
        understood = amount_kind(fold(cell.text[inside[-1].end :]).strip(" :.()-"))
    if understood is None:
        return
    kind, clearness = understood
    if inside:
        prose = _PROSE if _is_prose(label, cell.text[inside[-1].end :]) else 0
        yield _candidate(kind, inside[-1], clearness + prose, index, cell)
        return
    for other in lines[index].cells[position + 1 :]:
        amounts = amounts_in(other.text, sign)
        if amounts:
            last = lines[index].cells[-1]
            placed = amounts_in(last.text, sign) if kind is AmountKind.TOTAL else []
            if placed:
                yield _candidate(kind, placed[-1], clearness, index, last)
            else:
                yield _candidate(kind, amounts[-1], clearness, index, other)
            return
        if amount_kind(fold(other.text)) is not None:
            break
    yield from _below(lines, index, cell, kind, clearness, sign)


def _is_prose(before: str, after: str) -> bool:
    return len(before.split()) > _LABEL_WORDS or len(after.split()) > _TRAILING_WORDS


def _below(
    lines: tuple[Line, ...], index: int, cell: Cell, kind: AmountKind, clearness: int, sign: DecimalSign
) -> Iterator[Candidate]:
    for offset, line in enumerate(lines[index + 1 : index + 1 + _LOOK_BELOW], start=1):
        for other in line.cells:
            amounts = amounts_in(other.text, sign) if other.over(cell) else []
            if amounts and amounts[0].start <= 3:  # the amount itself, not a sentence with one
                yield _candidate(kind, amounts[-1], clearness + _BELOW, index + offset, other)
                return


def _candidate(kind: AmountKind, amount: Amount, score: float, line: int, cell: Cell) -> Candidate:
    bare = not amount.has_decimals and amount.currency is None
    return Candidate(kind, amount, score + (_BARE if bare else 0), line, cell)


def is_clear(sums: Sums) -> bool:
    """Whether the total is beyond doubt: it adds up, or its label is unmistakable."""
    return sums.adds_up or sums.total.score >= STRONG + _BARE
