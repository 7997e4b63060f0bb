"""Narrow till receipt as a PDF."""

from samples.model import Invoice
from samples.pdf.paper import Paper
from samples.regions import wording_of

WIDTH = 226.0  # 80 mm paper
MARGIN = 12.0


def till_slip(invoice: Invoice) -> bytes:
    """Draw a receipt on narrow paper: everything in one column, tax by rate below the total."""
    wording = wording_of(invoice)
    labels = wording.labels
    height = 260.0 + 26 * len(invoice.lines) + 13 * len(invoice.shares)
    paper = Paper(wording.title(invoice), face="mono", size=(WIDTH, height))
    right = WIDTH - MARGIN
    y = 28.0
    for index, line in enumerate(invoice.vendor.lines):
        paper.text(WIDTH / 2, y, line, size=8, bold=index == 0, align="center")
        y += 12
    if invoice.vendor.tax_id:
        paper.text(WIDTH / 2, y, f"{labels.tax_id} {invoice.vendor.tax_id}", size=7, align="center")
        y += 12
    paper.text(WIDTH / 2, y + 8, wording.title(invoice).upper(), size=10, bold=True, align="center")
    y += 26
    for label, value in ((labels.receipt_number, invoice.number), (labels.date, wording.date(invoice.issue_date))):
        paper.text(MARGIN, y, label, size=7)
        paper.text(right, y, value, size=7, align="right")
        y += 12
    paper.rule(MARGIN, y - 4, right)
    y += 8
    for position in invoice.lines:
        paper.text(MARGIN, y, position.description, size=7)
        paper.text(MARGIN + 10, y + 11, f"{position.quantity} x {wording.number(position.price)}", size=7)
        paper.text(right, y + 11, wording.number(position.amount), size=7, align="right")
        y += 26
    paper.rule(MARGIN, y - 6, right)
    paper.text(MARGIN, y + 8, labels.total.upper(), size=10, bold=True)
    paper.text(right, y + 8, wording.money(invoice.total), size=10, bold=True, align="right")
    y += 28
    taxes = [(wording.tax(share.rate), share.tax) for share in invoice.shares]
    for label, amount in ((labels.net, invoice.net), *taxes):
        paper.text(MARGIN, y, label, size=7)
        paper.text(right, y, wording.money(amount), size=7, align="right")
        y += 13
    paper.text(WIDTH / 2, y + 14, labels.paid, size=7, align="center")
    paper.text(WIDTH / 2, y + 26, labels.thanks, size=7, align="center")
    return paper.finish()
