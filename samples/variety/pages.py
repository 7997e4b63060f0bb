"""PDF pages: a head, a table of items, sums and a foot, each drawn in one of several ways."""

import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random

from samples.pdf.paper import Align, Face, Paper
from samples.variety.case import Case, Item

LEFT, RIGHT, BOTTOM = 56.0, 540.0, 770.0
Facts = list[tuple[str, str]]
_ASCII_ONLY = frozenset({"PLN", "CZK"})
"""Currencies of countries whose letters the fonts at hand do not have; many an old program leaves the accents out."""


class Plain(Paper):
    """Paper on which no letter has an accent."""

    def text(  # noqa: D102 - as in Paper
        self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False, align: Align = "left", ink: str = "#222222"
    ) -> None:
        decomposed = unicodedata.normalize("NFKD", text.translate({ord("ł"): "l", ord("Ł"): "L"}))
        plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
        super().text(x, y, plain, size=size, bold=bold, align=align, ink=ink)


class Sheet:
    """A document being drawn, with the fields that it has come to show."""

    def __init__(self, case: Case, random: Random) -> None:
        faces: tuple[Face, ...] = ("sans", "sans", "serif", "embedded", "mono")
        self.case, self.random = case, random
        kind = Plain if case.country.currency in _ASCII_ONLY else Paper
        self.paper = kind(case.number, face=random.choice(faces))
        self.colon = random.choice((":", ":", "", " :"))
        self.size = random.choice((8.0, 9.0, 10.0, 11.0))
        self.y = 0.0
        self.shown = dict(case.truth())
        self.ink = random.choice(("#222222", "#1F4E79", "#7A3B2E", "#14532D"))

    def lines(self, x: float, y: float, texts: Sequence[str], *, right: bool = False, size: float | None = None) -> float:
        """Texts under each other; returns the next free baseline."""
        size = size or self.size
        for text in texts:
            if text:
                self.paper.text(x, y, text, size=size, align="right" if right else "left")
            y += size + 4
        return y

    @property
    def title(self) -> str:
        """What the document calls itself."""
        said = self.case.said
        return {"invoice": said["invoice"], "receipt": said["receipt"], "credit_note": said["credit"]}[self.case.kind]

    def facts(self) -> Facts:
        """Number, dates and whatever else stands beside them."""
        case, said = self.case, self.case.said
        label = said["receipt_number"] if case.kind == "receipt" else said["number"]
        found = [(label, case.number), (said["issued"], case.date(case.issued))]
        if case.due is not None:
            found.append((said["due"], case.date(case.due)))
            self.shown["due_date"] = case.due.isoformat()
        if self.random.random() < 0.3:
            found.append((said["customer_number"], str(self.random.randrange(10_000, 99_999))))
        if self.random.random() < 0.2:
            found.append((said["order_number"], f"PO{self.random.randrange(1000, 9999)}"))
        if self.random.random() < 0.2:
            found.append((said["delivered"], case.date(case.issued)))
        head, rest = found[:1], found[1:]
        if self.random.random() < 0.3:
            self.random.shuffle(rest)
            return self.random.choice(([*head, *rest], [*rest, *head]))
        return found

    def contact(self) -> list[str]:
        """How the seller is reached."""
        seller = self.case.seller
        phone = f"{self.case.said['phone']} +{self.random.randrange(30, 49)} {self.random.randrange(10**6, 10**7)}"
        return self.random.sample((phone, f"info@{seller.domain}", f"www.{seller.domain}"), k=self.random.randrange(0, 4))

    def ids(self) -> list[str]:
        """Tax number and account, as far as this document shows them."""
        seller, found = self.case.seller, []
        if seller.tax_id and self.random.random() < 0.8:
            found.append(f"{self.case.said['tax_id']}{self.colon} {seller.tax_id}".replace("::", ":"))
            self.shown["vendor_tax_id"] = seller.tax_id
        if seller.iban and self.case.kind == "invoice" and self.random.random() < 0.7:
            grouped = " ".join(seller.iban[at : at + 4] for at in range(0, len(seller.iban), 4))
            found.append(f"IBAN{self.colon} {self.random.choice((grouped, seller.iban))}")
            self.shown["iban"] = seller.iban
        return found


def head_letter(sheet: Sheet) -> None:
    """A letter for a window envelope: the sender in one small line, the receiver below, facts on the right."""
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
    """Letterhead left or right, title on the other side, parties and facts below."""
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
    """Seller and buyer side by side under their labels."""
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
    """Everything in one column, as programs print it."""
    case, paper = sheet.case, sheet.paper
    y = sheet.lines(LEFT, 60, [*case.seller.lines, *sheet.contact()])
    paper.text(LEFT, y + 12, f"{sheet.title} {case.number}" if sheet.random.random() < 0.5 else sheet.title, size=14, bold=True)
    y = sheet.lines(LEFT, y + 36, [f"{label}{sheet.colon or ':'} {value}" for label, value in sheet.facts()])
    sheet.y = sheet.lines(LEFT, y + 10, [f"{case.said['buyer']}{sheet.colon}", *case.buyer.lines]) + 16


def head_amount(sheet: Sheet) -> None:
    """A modern bill: a title, facts, then what is to be paid in large letters."""
    case, paper = sheet.case, sheet.paper
    paper.text(LEFT, 64, sheet.title, size=16, bold=True)
    paper.text(RIGHT, 64, case.seller.name, size=13, bold=True, align="right")
    y = _fact_list(sheet, LEFT, 92)
    sheet.lines(LEFT, y + 12, [*case.seller.lines, *sheet.contact()[:1]], size=9)
    bottom = sheet.lines(310, y + 12, [case.said["buyer"], *case.buyer.lines], size=9)
    if case.kind == "invoice" and case.due is not None and not case.paid:
        paper.text(LEFT, bottom + 30, f"{case.money(case.total)} {case.said['due'].lower()} {case.date(case.due)}", size=15, bold=True)
        bottom += 30
    sheet.y = bottom + 34


def _fact_list(sheet: Sheet, x: float, y: float) -> float:
    """Labels with their values: in one run, in two columns, or with the values at the right edge."""
    way = sheet.random.randrange(3) if x > LEFT else sheet.random.randrange(2)
    facts = sheet.facts()
    for label, value in facts:
        if way == 0:
            sheet.paper.text(x, y, f"{label}{sheet.colon or ':'} {value}", size=sheet.size)
        else:
            sheet.paper.text(x, y, f"{label}{sheet.colon}", size=sheet.size, bold=sheet.random.random() < 0.2)
            right = way == 2
            sheet.paper.text(RIGHT if right else x + 122, y, value, size=sheet.size, align="right" if right else "left")
        y += sheet.size + 5
    return y


def _fact_row(sheet: Sheet, y: float) -> float:
    """Labels over their values, side by side."""
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


def items(sheet: Sheet) -> None:
    """The table of positions, over several pages when it is long."""
    case, said, random = sheet.case, sheet.case.said, sheet.random
    shows: list[tuple[str, float, bool, Callable[[int, Item], str]]] = [
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
    """What it comes to."""
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
        rows.append((said["net"] if not rows else case.tongue.net[1 % len(case.tongue.net)], case.net))
        sheet.shown["net"] = str(case.net)
    if case.with_tax:
        shares = case.tax_by_rate()
        rows += [(f"{said['tax']} {_percent(case, rate)}" + _of(case, basis, random), tax) for rate, basis, tax in shares]
        sheet.shown["tax"] = str(case.tax)
    total = said["total"]
    if case.paid:
        due = [word for word in case.tongue.total if word not in case.tongue.payable]
        total = due[0]
    rows.append((total if case.names_currency else f"{total} {case.country.currency}", case.total))
    if case.paid:
        rows += [(said["paid"], -case.paid), (case.tongue.payable[0], case.total - case.paid)]
    way = random.randrange(4)
    for place, (label, value) in enumerate(rows):
        last = place == len(rows) - 1
        text, money = f"{label}{sheet.colon if way else ''}", case.money(value)
        if way == 0 or way == 3:
            sheet.paper.text(330, sheet.y, text, size=sheet.size, bold=last)
            sheet.paper.text(RIGHT, sheet.y, money, size=sheet.size, bold=last, align="right")
        elif way == 1:
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
    _row(sheet, [(LEFT, False, said["tax"]), (200, True, said["net"]), (300, True, said["tax"]), (400, True, said["total"])])
    for rate, basis, tax in case.tax_by_rate():
        cells = [(LEFT, False, _percent(case, rate))]
        cells += [(x, True, case.number_text(value)) for x, value in ((200.0, basis), (300.0, tax), (400.0, basis + tax))]
        _row(sheet, cells)


def foot(sheet: Sheet) -> None:
    """Thanks, and the seller's particulars in one, two or three columns, or in one line."""
    case, random = sheet.case, sheet.random
    if sheet.y > BOTTOM - 90:
        turn_page(sheet)
    sheet.paper.text(LEFT, sheet.y + 14, case.said["thanks"], size=9)
    seller = case.seller
    known = [*case.seller.lines, *sheet.contact()]
    ids = sheet.ids() if "vendor_tax_id" not in sheet.shown and "iban" not in sheet.shown else []
    way = random.randrange(4)
    if way == 0:
        separator = random.choice((" · ", " | ", " - "))
        sheet.paper.text(LEFT, 795, separator.join([seller.name, seller.street, seller.place]), size=7)
        sheet.paper.text(LEFT, 806, separator.join(ids), size=7)
    elif way == 1:
        sheet.lines(LEFT, sheet.y + 40, [*ids], size=8)
    else:
        sheet.lines(LEFT, 780, known[:4], size=7)
        sheet.lines(240 if way == 2 else 380, 780, ids, size=7)


def turn_page(sheet: Sheet) -> None:
    """Go on with a new page."""
    sheet.paper.text(RIGHT, 825, sheet.case.said["page"].format(n=1, m=2), size=7, align="right")
    sheet.paper.next_page()
    sheet.y = 70


HEADS = (head_letter, head_classic, head_parties, head_plain, head_amount)


def draw_pdf(case: Case, random: Random) -> tuple[bytes, dict[str, str]]:
    """The document, and the values that can be read off it."""
    sheet = Sheet(case, random)
    random.choice(HEADS)(sheet)
    items(sheet)
    sums(sheet)
    foot(sheet)
    return sheet.paper.finish(), sheet.shown
