"""Invoice layouts; each function draws any invoice, and no two place or name things alike."""

from samples.model import Invoice
from samples.pdf.blocks import address, columns, facts, payment, row_totals, spaced, stacked_totals, sums, table
from samples.pdf.paper import Paper
from samples.regions import wording_of

LEFT, RIGHT = 56.0, 540.0
ROWS_A_PAGE = 26


def classic(invoice: Invoice) -> bytes:
    """Draw the letterhead left, facts in a column on the right, sums stacked."""
    wording = wording_of(invoice)
    paper = Paper(f"{wording.title(invoice)} {invoice.number}")
    vendor = invoice.vendor
    paper.text(LEFT, 70, vendor.name, size=18, bold=True, ink=vendor.colour)
    address(paper, LEFT, 88, vendor.lines[1:], size=9)
    address(paper, LEFT, 150, (f"{wording.labels.bill_to}:", *invoice.buyer.lines))
    y = 150.0
    for label, value in facts(invoice, wording):
        paper.text(350, y, label, size=9, ink="#666666")
        paper.text(RIGHT, y, value, size=9, align="right")
        y += 15
    paper.text(LEFT, 250, wording.title(invoice), size=20, bold=True)
    y = table(
        paper,
        285,
        invoice.lines,
        columns(wording, LEFT, RIGHT),
        edges=(LEFT, RIGHT),
        style="rules",
        ink=vendor.colour,
    )
    y = stacked_totals(paper, y, invoice, wording, edges=(350, RIGHT - 4), label=wording.labels.total)
    payment(paper, LEFT, y + 20, invoice, wording)
    return paper.finish()


def right_hand(invoice: Invoice) -> bytes:
    """Draw a serif letter with the letterhead on the right and the facts in one sentence-like
    row."""
    wording = wording_of(invoice)
    paper = Paper(invoice.number, face="serif")
    vendor = invoice.vendor
    paper.disc(RIGHT - 14, 56, 14, fill=vendor.colour)
    paper.text(RIGHT - 36, 62, vendor.name, size=16, bold=True, align="right")
    address(paper, RIGHT, 90, vendor.lines[1:], align="right", size=9)
    address(paper, LEFT, 150, invoice.buyer.lines, size=11)
    paper.text(LEFT, 236, f"{wording.title(invoice)} {invoice.number}", size=16, bold=True)
    y = 258.0
    for label, value in facts(invoice, wording)[1:]:
        paper.text(LEFT, y, f"{label}: {value}", size=10)
        y += 14
    y = table(
        paper,
        y + 22,
        invoice.lines,
        columns(wording, LEFT, RIGHT),
        edges=(LEFT, RIGHT),
        style="plain",
        ink=vendor.colour,
    )
    y = row_totals(paper, y + 10, invoice, wording, edges=(LEFT, RIGHT), label=wording.labels.total)
    payment(paper, LEFT, y + 20, invoice, wording)
    return paper.finish()


def banded(invoice: Invoice) -> bytes:
    """Draw a coloured band across the top, facts as cards below it, striped table, total on a
    coloured field."""
    wording = wording_of(invoice)
    paper = Paper(wording.title(invoice), face="embedded")
    vendor = invoice.vendor
    paper.box(0, 0, paper.width, 92, fill=vendor.colour)
    paper.text(LEFT, 54, wording.title(invoice).upper(), size=22, bold=True, ink="#FFFFFF")
    paper.text(RIGHT, 52, vendor.name, size=12, align="right", ink="#FFFFFF")
    pairs = facts(invoice, wording)
    step = (RIGHT - LEFT) / len(pairs)
    for index, (label, value) in enumerate(pairs):
        paper.text(LEFT + step * index, 124, label, size=7.5, ink="#777777")
        paper.text(LEFT + step * index, 139, value, size=8.5, bold=True)
    address(paper, LEFT, 176, (wording.labels.bill_to, *invoice.buyer.lines), size=9)
    address(paper, 330, 176, vendor.lines, size=9)
    y = table(
        paper, 262, invoice.lines, columns(wording, LEFT, RIGHT), edges=(LEFT, RIGHT), style="zebra", ink=vendor.colour
    )
    for label, amount in sums(invoice, wording):
        paper.text(RIGHT - 110, y, label, size=9, align="right")
        paper.text(RIGHT - 4, y, wording.money(amount), size=9, align="right")
        y += 15
    paper.box(330, y - 6, RIGHT - 330, 26, fill=vendor.colour)
    paper.text(340, y + 11, wording.labels.to_pay, size=10, bold=True, ink="#FFFFFF")
    paper.text(RIGHT - 4, y + 11, wording.money(invoice.total), size=10, bold=True, align="right", ink="#FFFFFF")
    payment(paper, LEFT, y + 60, invoice, wording)
    return paper.finish()


def ledger(invoice: Invoice) -> bytes:
    """Draw a typewriter form with boxes, as old accounting programs print it."""
    wording = wording_of(invoice)
    paper = Paper(invoice.number, face="mono")
    paper.box(LEFT - 10, 40, RIGHT - LEFT + 20, 74, edge="#222222")
    address(paper, LEFT, 58, invoice.vendor.lines)
    paper.text(RIGHT, 58, wording.title(invoice).upper(), size=14, bold=True, align="right")
    paper.box(LEFT - 10, 122, 250, 78, edge="#222222")
    address(paper, LEFT, 140, invoice.buyer.lines, size=9)
    y = 136.0
    for label, value in facts(invoice, wording):
        paper.text(310, y, f"{label}:", size=8)
        paper.text(RIGHT, y, value, size=8, align="right")
        y += 15
    y = table(
        paper,
        240,
        invoice.lines,
        columns(wording, LEFT - 10, RIGHT + 10),
        edges=(LEFT - 10, RIGHT + 10),
        style="grid",
        ink="#444444",
    )
    for label, amount in [*sums(invoice, wording), (wording.labels.total, invoice.total)]:
        dots = "." * max(2, 44 - len(label))
        paper.text(220, y, f"{label} {dots}", size=8)
        paper.box(450, y - 12, RIGHT + 10 - 450, 17, fill="#FFFFFF", edge="#222222")
        paper.text(RIGHT + 4, y, wording.money(amount), size=9, align="right", bold=amount == invoice.total)
        y += 19
    payment(paper, LEFT, y + 30, invoice, wording)
    return paper.finish()


def minimal(invoice: Invoice) -> bytes:
    """Draw the amount to pay large at the top, details small below, the vendor's particulars in the
    footer alone."""
    wording = wording_of(invoice)
    vendor = invoice.vendor
    paper = Paper(wording.title(invoice))
    paper.disc(LEFT + 8, 62, 8, fill=vendor.colour)
    paper.text(LEFT + 24, 66, wording.title(invoice), size=13, bold=True)
    paper.text(LEFT, 120, wording.money(invoice.total), size=26, bold=True)
    paper.text(LEFT, 140, wording.labels.to_pay, size=9, ink="#777777")
    y = 176.0
    for label, value in facts(invoice, wording)[:3]:
        paper.text(LEFT, y, label, size=9, ink="#777777")
        paper.text(LEFT + 130, y, value, size=9)
        y += 15
    paper.text(330, 176, wording.labels.bill_to, size=9, ink="#777777")
    address(paper, 330, 191, invoice.buyer.lines, size=9)
    cells = columns(wording, LEFT, RIGHT)
    y = table(paper, 280, invoice.lines, cells, edges=(LEFT, RIGHT), style="rules", ink="#CCCCCC")
    y = stacked_totals(paper, y, invoice, wording, edges=(330, RIGHT - 4), label=wording.labels.total)
    footer = [*vendor.lines]
    if vendor.tax_id:
        footer.append(f"{wording.labels.tax_id} {vendor.tax_id}")
    if invoice.iban:
        footer.append(f"IBAN {spaced(invoice.iban)}")
    paper.rule(LEFT, 775, RIGHT, ink="#CCCCCC")
    paper.text(LEFT, 790, " · ".join(footer[:3]), size=7.5, ink="#555555")
    paper.text(LEFT, 801, " · ".join(footer[3:]), size=7.5, ink="#555555")
    return paper.finish()


def long_form(invoice: Invoice) -> bytes:
    """Draw as many pages as the positions need; sums and payment stand on the last."""
    wording = wording_of(invoice)
    vendor = invoice.vendor
    paper = Paper(f"{wording.title(invoice)} {invoice.number}")
    cells = columns(wording, LEFT, RIGHT)
    chunks = [invoice.lines[start : start + ROWS_A_PAGE] for start in range(0, len(invoice.lines), ROWS_A_PAGE)]
    y = 0.0
    for page, chunk in enumerate(chunks, 1):
        if page > 1:
            paper.next_page()
        paper.text(LEFT, 50, vendor.name, size=13, bold=True, ink=vendor.colour)
        paper.text(RIGHT, 50, f"{wording.title(invoice)} {invoice.number}", align="right")
        top = 84.0
        if page == 1:
            address(paper, LEFT, 84, invoice.buyer.lines)
            address(paper, LEFT, 140, vendor.lines[1:], size=8)
            for index, (label, value) in enumerate(facts(invoice, wording)[1:]):
                paper.text(360, 84 + 14 * index, f"{label}:", size=9)
                paper.text(RIGHT, 84 + 14 * index, value, size=9, align="right")
            top = 190.0
        y = table(paper, top, chunk, cells, edges=(LEFT, RIGHT), style="zebra", ink=vendor.colour)
        paper.text(RIGHT, 815, f"{wording.labels.page} {page} / {len(chunks)}", size=8, align="right")
    y = stacked_totals(paper, y, invoice, wording, edges=(330, RIGHT - 4), label=wording.labels.total)
    payment(paper, LEFT, y + 14, invoice, wording)
    return paper.finish()


LAYOUTS = (classic, right_hand, banded, ledger, minimal)
