"""Heads of invoices: seller, buyer, number and dates, placed in one of several ways."""

from samples.variety.sheet import LEFT, RIGHT, Sheet


def head_letter(sheet: Sheet) -> None:
    """Draw a letter for a window envelope: the sender in one small line, the receiver below, facts
    on the right."""
    case, paper = sheet.case, sheet.paper
    if sheet.random.random() < 0.7:
        paper.text(RIGHT, 70, case.seller.name, size=16, bold=True, align="right", ink=sheet.ink)
    separator = sheet.random.choice((" · ", " - ", ", ", " | ", " • "))
    paper.text(LEFT, 140, separator.join(case.seller.lines), size=6.5)
    sheet.lines(LEFT, 156, case.buyer.lines)
    y = _fact_list(sheet, 360, 150)
    paper.text(LEFT, max(y, 240) + 14, sheet.title, size=15, bold=True)
    sheet.y = max(y, 240) + 44


def head_classic(sheet: Sheet) -> None:
    """Draw the letterhead left or right, title on the other side, parties and facts below."""
    case, paper = sheet.case, sheet.paper
    swapped = sheet.random.random() < 0.4
    x, other = (RIGHT, LEFT) if swapped else (LEFT, RIGHT)
    big = sheet.random.choice((11, 14, 20))
    paper.text(x, 66, case.seller.name, size=big, bold=big > 11, align="right" if swapped else "left", ink=sheet.ink)
    sheet.lines(x, 82, [*case.seller.lines[1:], *sheet.contact()], right=swapped, size=9)
    paper.text(other, 66, sheet.title, size=20, bold=True, align="left" if swapped else "right")
    sheet.lines(LEFT, 166, [f"{case.said['buyer']}{sheet.colon}", *case.buyer.lines])
    y = _fact_list(sheet, 350, 166)
    sheet.y = max(y, 166 + 5 * (sheet.size + 4)) + 24


def head_parties(sheet: Sheet) -> None:
    """Draw seller and buyer side by side under their labels."""
    case, paper = sheet.case, sheet.paper
    paper.text(LEFT, 64, sheet.title, size=18, bold=True)
    y = _fact_row(sheet, 96) if sheet.random.random() < 0.5 else _fact_list(sheet, LEFT, 90)
    colon = sheet.colon if sheet.random.random() < 0.7 else ""
    sellers = [f"{case.said['seller']}{colon}", *case.seller.lines, *sheet.ids(), *sheet.contact()]
    buyers = [f"{case.said['buyer']}{colon}", *case.buyer.lines]
    if case.buyer.tax_id and sheet.random.random() < 0.5:
        buyers.append(f"{case.said['tax_id']}{sheet.colon} {case.buyer.tax_id}")
    first, second = (sellers, buyers) if sheet.random.random() < 0.7 else (buyers, sellers)
    sheet.lines(LEFT, y + 24, first, size=9)
    sheet.y = max(sheet.lines(310, y + 24, second, size=9), y + 24 + 13 * len(first)) + 16


def head_plain(sheet: Sheet) -> None:
    """Draw everything in one column, as programs print it."""
    case, paper = sheet.case, sheet.paper
    y = sheet.lines(LEFT, 60, [*case.seller.lines, *sheet.contact()])
    paper.text(
        LEFT, y + 12, f"{sheet.title} {case.number}" if sheet.random.random() < 0.5 else sheet.title, size=14, bold=True
    )
    y = sheet.lines(LEFT, y + 36, [f"{label}{sheet.colon or ':'} {value}" for label, value in sheet.facts()])
    sheet.y = sheet.lines(LEFT, y + 10, [f"{case.said['buyer']}{sheet.colon}", *case.buyer.lines]) + 16


def head_amount(sheet: Sheet) -> None:
    """Draw a modern bill: a title, facts, then the amount to pay in large letters."""
    case, paper = sheet.case, sheet.paper
    paper.text(LEFT, 64, sheet.title, size=16, bold=True)
    paper.text(RIGHT, 64, case.seller.name, size=13, bold=True, align="right")
    y = _fact_list(sheet, LEFT, 92)
    sheet.lines(LEFT, y + 12, [*case.seller.lines, *sheet.contact()[:1]], size=9)
    bottom = sheet.lines(310, y + 12, [case.said["buyer"], *case.buyer.lines], size=9)
    if case.kind == "invoice" and case.due is not None and not case.paid:
        paper.text(
            LEFT,
            bottom + 30,
            f"{case.money(case.total)} {case.said['due'].lower()} {case.date(case.due)}",
            size=15,
            bold=True,
        )
        bottom += 30
    sheet.y = bottom + 34


def _fact_list(sheet: Sheet, x: float, y: float) -> float:
    """Draw labels with their values: in one run, in two columns, or with the values at the right
    edge."""
    variant = sheet.random.randrange(3) if x > LEFT else sheet.random.randrange(2)
    facts = sheet.facts()
    for label, value in facts:
        if variant == 0:
            sheet.paper.text(x, y, f"{label}{sheet.colon or ':'} {value}", size=sheet.size)
        else:
            sheet.paper.text(x, y, f"{label}{sheet.colon}", size=sheet.size, bold=sheet.random.random() < 0.2)
            right = variant == 2
            sheet.paper.text(RIGHT if right else x + 122, y, value, size=sheet.size, align="right" if right else "left")
        y += sheet.size + 5
    return y


def _fact_row(sheet: Sheet, y: float) -> float:
    """Draw labels over their values, side by side."""
    facts = sheet.facts()
    facts = sorted(facts, key=lambda fact: fact[1] != sheet.case.number)[: sheet.random.choice((3, 4, 4))]
    drawn = {value for _, value in facts}
    for name, day in (("issue_date", sheet.case.issued), ("due_date", sheet.case.due)):
        if day is not None and sheet.case.date(day) not in drawn:
            sheet.shown.pop(name, None)
    step = (RIGHT - LEFT) / len(facts)
    for place, (label, value) in enumerate(facts):
        sheet.paper.text(LEFT + place * step, y, label, size=7.5, ink="#777777")
        sheet.paper.text(LEFT + place * step, y + 13, value, size=9, bold=True)
    return y + 26


HEADS = (head_letter, head_classic, head_parties, head_plain, head_amount)
"""Every way to begin."""
