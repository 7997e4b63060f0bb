"""Building blocks of layouts: addresses, tables of positions, sums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samples.model import Invoice, Line
from samples.pdf.paper import Align, Paper
from samples.regions import Wording

TableStyle = Literal["rules", "grid", "zebra", "plain"]
ROW = 20.0


@dataclass(frozen=True, slots=True)
class Column:
    """A table column whose text starts, ends or is centred at `x`."""

    title: str
    x: float
    align: Align
    value: Callable[[Line], str]


def address(
    paper: Paper, x: float, y: float, lines: Sequence[str], *, align: Align = "left", size: float = 10
) -> float:
    """Write lines under each other. Returns the next free baseline."""
    for line in lines:
        paper.text(x, y, line, size=size, align=align)
        y += size + 4
    return y


def facts(invoice: Invoice, wording: Wording) -> list[tuple[str, str]]:
    """Return number and dates with their labels, and the vendor's tax number if there is one."""
    labels = wording.labels
    number = labels.receipt_number if invoice.kind == "receipt" else labels.number
    pairs = [(number, invoice.number), (labels.date, wording.date(invoice.issue_date))]
    if invoice.due_date:
        pairs.append((labels.due, wording.date(invoice.due_date)))
    if invoice.vendor.tax_id:
        pairs.append((labels.tax_id, invoice.vendor.tax_id))
    return pairs


def sums(invoice: Invoice, wording: Wording) -> list[tuple[str, Decimal]]:
    """Return net and taxes with their labels; the layout draws the total."""
    return [(wording.labels.net, invoice.net), *((wording.tax(share.rate), share.tax) for share in invoice.shares)]


def columns(wording: Wording, left: float, right: float) -> tuple[Column, ...]:
    """Return the columns description, quantity, unit price and amount between two edges."""
    labels = wording.labels
    return (
        Column(labels.item, left + 4, "left", lambda line: line.description),
        Column(labels.quantity, right - 175, "right", lambda line: str(line.quantity)),
        Column(labels.price, right - 90, "right", lambda line: wording.number(line.price)),
        Column(labels.amount, right - 4, "right", lambda line: wording.number(line.amount)),
    )


def table(
    paper: Paper,
    y: float,
    lines: Sequence[Line],
    cells: Sequence[Column],
    *,
    edges: tuple[float, float],
    style: TableStyle,
    ink: str,
) -> float:
    """Draw a table with its head. Returns the baseline of the first free row."""
    left, right = edges
    head_ink = "#222222"
    if style in ("grid", "zebra"):
        paper.box(left, y - 14, right - left, ROW, fill=ink, edge=ink)
        head_ink = "#FFFFFF"
    for cell in cells:
        paper.text(cell.x, y, cell.title, size=9, bold=True, align=cell.align, ink=head_ink)
    if style == "rules":
        paper.rule(left, y + 6, right, ink=ink, thickness=1)
    for index, line in enumerate(lines):
        y += ROW
        if style == "zebra" and index % 2:
            paper.box(left, y - 14, right - left, ROW, fill="#EEF1F4")
        if style == "grid":
            paper.box(left, y - 14, right - left, ROW, edge="#999999")
        for cell in cells:
            paper.text(cell.x, y, cell.value(line), size=9, align=cell.align)
        if style == "rules":
            paper.rule(left, y + 6, right, ink="#BBBBBB", thickness=0.4)
    return y + ROW + 8


def stacked_totals(
    paper: Paper, y: float, invoice: Invoice, wording: Wording, *, edges: tuple[float, float], label: str
) -> float:
    """Draw sums under each other on the right, the total in bold over a rule.

    Returns the next free baseline.
    """
    left, right = edges
    for name, value in sums(invoice, wording):
        paper.text(left, y, name)
        paper.text(right, y, wording.money(value), align="right")
        y += 16
    paper.rule(left, y - 10, right)
    paper.text(left, y + 4, label, size=11, bold=True)
    paper.text(right, y + 4, wording.money(invoice.total), size=11, bold=True, align="right")
    return y + 30


def row_totals(
    paper: Paper, y: float, invoice: Invoice, wording: Wording, *, edges: tuple[float, float], label: str
) -> float:
    """Draw sums beside each other, labels above values. Returns the next free baseline."""
    left, right = edges
    pairs = [*sums(invoice, wording), (label, invoice.total)]
    step = (right - left) / len(pairs)
    paper.box(left, y - 14, right - left, 42, edge="#666666")
    for index, (name, value) in enumerate(pairs):
        x = left + step * (index + 1) - 8
        last = index == len(pairs) - 1
        paper.text(x, y, name, size=8, align="right", ink="#666666")
        paper.text(x, y + 18, wording.money(value), bold=last, align="right")
    return y + 52


def payment(paper: Paper, x: float, y: float, invoice: Invoice, wording: Wording) -> None:
    """Return the text on how to pay an invoice, or that a receipt is paid, and thanks."""
    labels = wording.labels
    if invoice.kind == "invoice":
        paper.text(x, y, labels.please_pay, size=9)
    if invoice.kind == "receipt":
        paper.text(x, y, f"{labels.paid}.", size=9)
    if invoice.iban:
        paper.text(x, y + 14, f"IBAN: {spaced(invoice.iban)}", size=9)
    paper.text(x, y + 32, labels.thanks, size=9)


def spaced(iban: str) -> str:
    """Return an IBAN as it is printed, in groups of four."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
