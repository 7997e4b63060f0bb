"""PDF pages: a head, a table of items, sums and a foot, each drawn in one of several ways."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from samples.variety.case import Case, Item
from samples.variety.heads import HEADS
from samples.variety.sheet import BOTTOM, LEFT, RIGHT, Sheet, turn_page

Column = tuple[str, float, bool, Callable[[int, Item], str]]
"""A heading, where the column ends, whether it is set to the right, and what a row of it shows."""


def items(sheet: Sheet) -> None:
    """Draw the table of positions, over several pages when it is long."""
    case, said, random = sheet.case, sheet.case.said, sheet.random
    shows: list[Column] = [
        (said["item"], LEFT + (28 if random.random() < 0.5 else 0), False, lambda _, item: item.name),
        (said["quantity"], 330, True, lambda _, item: str(item.quantity)),
        (said["price"], 410, True, lambda _, item: case.number_text(item.price)),
        (said["amount"], RIGHT, True, lambda _, item: case.money(item.amount)),
    ]
    if shows[0][1] > LEFT:
        shows.insert(0, ("Pos.", LEFT, False, lambda place, _: str(place + 1)))
    if random.random() < 0.4:
        shows.insert(-1, (said["tax"], 465, True, lambda _, item: _percent(case, item.rate)))
    _row(sheet, [(x, right, label) for label, x, right, _ in shows], bold=True)
    for place, item in enumerate(case.items):
        if sheet.y > BOTTOM - 40:
            turn_page(sheet)
        _row(sheet, [(x, right, text(place, item)) for _, x, right, text in shows])
    sheet.y += 8


def _row(sheet: Sheet, cells: list[tuple[float, bool, str]], *, bold: bool = False) -> None:
    for x, right, text in cells:
        sheet.paper.text(x, sheet.y, text, size=min(sheet.size, 9), bold=bold, align="right" if right else "left")
    sheet.y += 17


def _percent(case: Case, rate: Decimal) -> str:
    return f"{rate.normalize():f}".replace(".", case.country.decimal) + "%"


def sums(sheet: Sheet) -> None:
    """Draw the sums."""
    case, said, random = sheet.case, sheet.case.said, sheet.random
    if sheet.y > BOTTOM - 130:
        turn_page(sheet)
    rows: list[tuple[str, Decimal]] = []
    gross_only = case.with_tax and random.random() < 0.1
    if case.shipping or case.discount:
        rows.append((said["subtotal"], sum((item.amount for item in case.items), Decimal(0))))
        rows += [(said["shipping"], case.shipping)] if case.shipping else []
        rows += [(said["discount"], -case.discount)] if case.discount else []
    if case.with_tax and not gross_only:
        rows.append((said["net"] if not rows else case.phrasebook.net[1 % len(case.phrasebook.net)], case.net))
        sheet.shown["net"] = str(case.net)
    if case.with_tax:
        shares = case.tax_by_rate()
        rows += [
            (f"{said['tax']} {_percent(case, rate)}" + _of(case, basis, random), tax) for rate, basis, tax in shares
        ]
        sheet.shown["tax"] = str(case.tax)
    total = said["total"]
    if case.paid:
        due = [word for word in case.phrasebook.total if word not in case.phrasebook.payable]
        total = due[0]
    rows.append((total if case.names_currency else f"{total} {case.country.currency}", case.total))
    if case.paid:
        rows += [(said["paid"], -case.paid), (case.phrasebook.payable[0], case.total - case.paid)]
    variant = random.randrange(4)
    for place, (label, value) in enumerate(rows):
        last = place == len(rows) - 1
        text, money = f"{label}{sheet.colon if variant else ''}", case.money(value)
        if variant == 0 or variant == 3:
            sheet.paper.text(330, sheet.y, text, size=sheet.size, bold=last)
            sheet.paper.text(RIGHT, sheet.y, money, size=sheet.size, bold=last, align="right")
        elif variant == 1:
            sheet.paper.text(450, sheet.y, text, size=sheet.size, bold=last, align="right")
            sheet.paper.text(RIGHT, sheet.y, money, size=sheet.size, bold=last, align="right")
        else:
            sheet.paper.text(LEFT, sheet.y, text, size=sheet.size, bold=last)
            sheet.paper.text(260, sheet.y, money, size=sheet.size, bold=last, align="right")
        sheet.y += sheet.size + 6
    if case.with_tax and random.random() < 0.15:
        _tax_table(sheet)
    sheet.y += 10


def _of(case: Case, basis: Decimal, random: Random) -> str:
    return f" ({case.number_text(basis)})" if random.random() < 0.08 else ""


def _tax_table(sheet: Sheet) -> None:
    case, said = sheet.case, sheet.case.said
    sheet.y += 8
    _row(
        sheet,
        [(LEFT, False, said["tax"]), (200, True, said["net"]), (300, True, said["tax"]), (400, True, said["total"])],
    )
    for rate, basis, tax in case.tax_by_rate():
        cells = [(LEFT, False, _percent(case, rate))]
        cells += [
            (x, True, case.number_text(value)) for x, value in ((200.0, basis), (300.0, tax), (400.0, basis + tax))
        ]
        _row(sheet, cells)


def foot(sheet: Sheet) -> None:
    """Draw thanks, and the seller's particulars in one, two or three columns, or in one line."""
    case, random = sheet.case, sheet.random
    if sheet.y > BOTTOM - 90:
        turn_page(sheet)
    sheet.paper.text(LEFT, sheet.y + 14, case.said["thanks"], size=9)
    seller = case.seller
    known = [*case.seller.lines, *sheet.contact()]
    ids = sheet.ids() if "vendor_tax_id" not in sheet.shown and "iban" not in sheet.shown else []
    variant = random.randrange(4)
    if variant == 0:
        separator = random.choice((" · ", " | ", " - "))
        sheet.paper.text(LEFT, 795, separator.join([seller.name, seller.street, seller.place]), size=7)
        sheet.paper.text(LEFT, 806, separator.join(ids), size=7)
    elif variant == 1:
        sheet.lines(LEFT, sheet.y + 40, [*ids], size=8)
    else:
        sheet.lines(LEFT, 780, known[:4], size=7)
        sheet.lines(240 if variant == 2 else 380, 780, ids, size=7)


def draw_pdf(case: Case, random: Random) -> tuple[bytes, dict[str, str]]:
    """Return the document, and the values that can be read off it."""
    sheet = Sheet(case, random)
    random.choice(HEADS)(sheet)
    items(sheet)
    sums(sheet)
    foot(sheet)
    return sheet.paper.finish(), sheet.shown
