"""Choice of net, tax and total among the candidates: those that add up, else the clearest total."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.scanner.extract.fields.amount_parser import Amount
from services.scanner.extract.fields.label_meaning import STRONG, WEAK, AmountKind
from services.scanner.extract.page.text_document import Cell

ROUNDING = Decimal("0.02")
_MAX_CANDIDATES = 24
_MAX_RATES = 4
_MAX_ITEMS = 80
_SAME_RUN = 2
"""Lines between the taxes of two rates, at most."""
_HIGHEST_TAX_SHARE = Decimal("0.35")
_CLEARLY_BETTER = 1
_BARE_TOTAL = -0.75
_GRAND = STRONG + 0.5
"""Clarity from which a label names the last of several totals."""
_ADDED_UP = 1.5
"""Bonus for totals that add up, on the scale of a label's clarity."""

PlacedAmounts = Sequence[Sequence[tuple[Amount, Cell]]]


class Candidate(NamedTuple):
    """An amount that could be net, tax or total, and its score."""

    kind: AmountKind
    amount: Amount
    score: float
    line: int
    cell: Cell

    @property
    def value(self) -> Decimal:
        """The amount's value."""
        return self.amount.value


class Totals(NamedTuple):
    """The chosen amounts; the total is always set."""

    total: Candidate
    net: Candidate | None
    tax: Candidate | None
    adds_up: bool
    by_items: bool = False
    """The items add up, not net amount and tax: they may be only a part of the invoice."""


def solve(candidates: list[Candidate], placed: PlacedAmounts) -> Totals | None:
    """Return net, tax and total; None without a labelled total.

    `placed` holds every amount of each line, labelled or not.
    """
    nets = _of_kind(candidates, AmountKind.NET)
    taxes = _of_kind(candidates, AmountKind.TAX)
    paid = _of_kind(candidates, AmountKind.PAID)
    totals = _of_kind(candidates, AmountKind.TOTAL) or [candidate for candidate in paid if candidate.value > 0]
    total = max(totals, key=lambda candidate: (candidate.score, candidate.line), default=None)
    triple = _best_triple(totals, nets, [*taxes, *_sum_rates(taxes)])
    if triple is not None and total is not None and total.score - triple.total.score - _ADDED_UP < _CLEARLY_BETTER:
        if total.score >= _GRAND and _is_after_discount(total, triple, _of_kind(candidates, AmountKind.OTHER)):
            return Totals(total, None, triple.tax, adds_up=True)
        return triple
    row = _row_triple(placed)
    if row is not None and (total is None or total.score < STRONG or total.value == row.total.value):
        return row
    if total is None:
        return None
    total = _before_payments(total, totals, paid)
    # A subtotal that does not add up is the sum of the items before postage or discount, not the
    # net amount.
    net = next(
        (candidate for candidate in nets if candidate.score >= STRONG and 0 < candidate.value <= total.value), None
    )
    if net is None and not [candidate for candidate in taxes if candidate.value]:
        net = next((candidate for candidate in nets if candidate.value == total.value), None)
    completed = _complete_with_unlabelled(placed, total, net, taxes)
    if completed is not None:
        return completed
    extended = _with_adjustments(total, nets, taxes, _of_kind(candidates, AmountKind.OTHER))
    if extended is not None:
        return extended
    tax = _lone_tax(total, taxes)
    if _is_sum_of_items(total, placed):
        return Totals(total, None, tax, adds_up=True, by_items=True)
    if tax is not None:
        # Net amount or tax does not belong to this total; a tax is identified more reliably.
        return Totals(total, None, tax, adds_up=False)
    return Totals(total, net, None, adds_up=False)


def _with_adjustments(
    total: Candidate, nets: list[Candidate], taxes: list[Candidate], others: list[Candidate]
) -> Totals | None:
    """Return totals that add up with one or all of the postage, discount or withholding."""
    adjustments = {abs(other.value) for other in others} | {-abs(other.value) for other in others}
    adjustments |= {sum((other.value for other in others), Decimal(0))}
    for net in nets:
        for tax in [*taxes, *_sum_rates(taxes), None]:
            rest = total.value - net.value - (tax.value if tax is not None else 0)
            if rest == 0 or not any(abs(rest - adjustment) <= ROUNDING for adjustment in adjustments):
                continue
            if tax is not None and not _plausible_tax(tax.value, total.value):
                continue
            # A subtotal is only the sum of the items; an amount labelled net is the net amount.
            return Totals(total, net if net.score >= STRONG else None, tax, adds_up=True)
    return None


def _lone_tax(total: Candidate, taxes: list[Candidate]) -> Candidate | None:
    """Return the tax where no net amount confirms it: the only one, or the sum over the rates."""
    several = _sum_rates(taxes)
    if total.score >= STRONG and several and _plausible_tax(several[-1].value, total.value):
        return several[-1]
    only = taxes[0] if len({tax.value for tax in taxes}) == 1 else None
    return only if only is not None and _plausible_tax(only.value, total.value) else None


def _is_sum_of_items(total: Candidate, placed: PlacedAmounts) -> bool:
    """Return whether amounts on at least two neighbouring lines add up to the total."""
    last = [row[-1][0].value for row in placed if row and row[-1][0].has_decimals and row[-1][0].value != total.value]
    last = last[:_MAX_ITEMS]
    for start in range(len(last)):
        come_to = last[start]
        for count, value in enumerate(last[start + 1 :], start=2):
            come_to += value
            if come_to == total.value and count > 1 and total.value:
                return True
    return False


def _is_after_discount(total: Candidate, triple: Totals, others: list[Candidate]) -> bool:
    """Return whether a grand total is what a discount or voucher leaves of the sum."""
    off = [-other.value for other in others if other.value < 0]
    less = triple.total.value - total.value
    return total.score > triple.total.score and less > 0 and less in {*off, sum(off, Decimal(0))}


def _plausible_tax(tax: Decimal, total: Decimal) -> bool:
    return abs(tax) <= _HIGHEST_TAX_SHARE * abs(total) and (tax >= 0 or total < 0)


def _before_payments(total: Candidate, totals: list[Candidate], paid: list[Candidate]) -> Candidate:
    """Return the invoice's total if the clearest label names what is left after payments."""
    for other in totals:
        if other.score < WEAK + _BARE_TOTAL or other.value <= total.value:
            continue
        if any(abs(total.value + abs(payment.value) - other.value) <= ROUNDING for payment in paid):
            return other
    return total


def _of_kind(candidates: list[Candidate], kind: AmountKind) -> list[Candidate]:
    of_kind = [candidate for candidate in candidates if candidate.kind is kind]
    return sorted(of_kind, key=lambda candidate: (-candidate.score, -candidate.line))[:_MAX_CANDIDATES]


def _sum_rates(taxes: list[Candidate]) -> list[Candidate]:
    """Sum the taxes of different rates on neighbouring lines; the clearest run of lines comes
    last."""
    of_value = {tax.value: tax for tax in sorted(taxes, key=lambda tax: tax.score) if tax.value > 0}
    each = sorted({tax.line: tax for tax in of_value.values()}.values(), key=lambda tax: tax.line)
    runs: list[list[Candidate]] = []
    for tax in each:
        if runs and tax.line - runs[-1][-1].line <= _SAME_RUN and len(runs[-1]) < _MAX_RATES:
            runs[-1].append(tax)
        else:
            runs.append([tax])
    groups = [run[start:] for run in runs for start in range(len(run) - 1)]
    summed = []
    for group in groups:
        value = sum((tax.value for tax in group), Decimal(0))
        amount = Amount(value, group[0].amount.currency, 0, 0, has_decimals=True)
        summed.append(group[-1]._replace(amount=amount, score=min(tax.score for tax in group) - 0.5))
    return sorted(summed, key=lambda tax: (tax.score, tax.value))


def _best_triple(totals: list[Candidate], nets: list[Candidate], taxes: list[Candidate]) -> Totals | None:
    best: Totals | None = None
    best_score = 0.0
    by_value: dict[Decimal, Candidate] = {}
    for net in reversed(nets):  # the best of equals stays
        by_value[net.value] = net
    for total in totals:
        for tax in taxes:
            for net in _within_rounding(by_value, total.value - tax.value):
                if not adds_up(net.value, tax.value, total.value):
                    continue
                score = total.score + tax.score + net.score + total.line / 10_000 - (0 if tax.value else WEAK)
                if score > best_score:
                    best, best_score = Totals(total, net, tax, adds_up=True), score
    return best


def _within_rounding(by_value: dict[Decimal, Candidate], value: Decimal) -> Iterator[Candidate]:
    for cents in (0, 1, -1, 2, -2):
        candidate = by_value.get(value + Decimal(cents).scaleb(-2))
        if candidate is not None:
            yield candidate


def adds_up(net: Decimal, tax: Decimal, total: Decimal) -> bool:
    """Return whether the three add up and the tax is in a plausible range."""
    return abs(net + tax - total) <= ROUNDING and total != 0 and abs(tax) <= _HIGHEST_TAX_SHARE * abs(total)


def _row_triple(placed: PlacedAmounts) -> Totals | None:
    """Find net, tax and total side by side in one row, as in a table of tax rates.

    The last such row is the sum.
    """
    for index in range(len(placed) - 1, -1, -1):
        row = placed[index]
        for (net, net_cell), (tax, tax_cell), (total, total_cell) in zip(row, row[1:], row[2:], strict=False):
            if not all(amount.has_decimals for amount in (net, tax, total)) or tax.value <= 0:
                continue
            if adds_up(net.value, tax.value, total.value):
                return Totals(
                    Candidate(AmountKind.TOTAL, total, WEAK, index, total_cell),
                    Candidate(AmountKind.NET, net, WEAK, index, net_cell),
                    Candidate(AmountKind.TAX, tax, WEAK, index, tax_cell),
                    adds_up=True,
                )
    return None


def _complete_with_unlabelled(
    placed: PlacedAmounts, total: Candidate, net: Candidate | None, taxes: list[Candidate]
) -> Totals | None:
    """Complete total and tax (or net) with an amount that makes them add up, whatever its label."""
    by_value = {amount.value: (amount, index, cell) for index, row in enumerate(placed) for amount, cell in row}
    for tax in taxes:
        rest = total.value - tax.value
        if rest in by_value and tax.value > 0 and adds_up(rest, tax.value, total.value):
            amount, index, cell = by_value[rest]
            return Totals(total, Candidate(AmountKind.NET, amount, 1, index, cell), tax, adds_up=True)
    if net is not None and not taxes:
        rest = total.value - net.value
        if rest in by_value and rest > 0 and adds_up(net.value, rest, total.value):
            amount, index, cell = by_value[rest]
            return Totals(total, net, Candidate(AmountKind.TAX, amount, 1, index, cell), adds_up=True)
    return None
