"""PDFs that people get by mail and that are no invoices, though some are full of amounts."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from textwrap import wrap

from samples.language import LANGUAGES, Language
from samples.model import Party, Vendor
from samples.pdf.blocks import address
from samples.pdf.paper import Paper
from samples.regions import REGIONS, Wording

LEFT, RIGHT = 64.0, 530.0


def price_list(vendor: Vendor, random: Random) -> bytes:
    """Draw a vendor's goods with prices and no sum."""
    wording = _wording(vendor)
    paper = Paper(wording.language.prose.price_list[0])
    paper.text(LEFT, 80, vendor.name, size=16, bold=True, ink=vendor.colour)
    paper.text(LEFT, 112, wording.language.prose.price_list[0], size=13)
    y = 150.0
    for description, low, high, _ in wording.language.goods[vendor.trade]:
        for size in "SML":
            price = Decimal(random.randrange(low * 100, high * 100)) / 100
            paper.text(LEFT, y, f"{description} ({size})")
            paper.text(RIGHT, y, wording.money(price), align="right")
            y += 18
    return paper.finish()


def letter(sender: Party, reader: Party, language: Language, day: date) -> bytes:
    """Draw a letter that mentions a sum."""
    paper = Paper("", face="serif")
    address(paper, RIGHT, 80, sender.lines, align="right")
    address(paper, LEFT, 150, reader.lines)
    paper.text(RIGHT, 230, f"{sender.city}, {day.day}. {language.months[day.month - 1]} {day.year}", align="right")
    y = 280.0
    for paragraph in language.prose.letter:
        for line in wrap(paragraph, 84):
            paper.text(LEFT, y, line, size=11)
            y += 15
        y += 8
    paper.text(LEFT, y + 20, language.people[0], size=11)
    return paper.finish()


def resume(language: Language, random: Random) -> bytes:
    """Draw a curriculum vitae."""
    title, work, school, tongues, *jobs, last = language.prose.resume
    paper = Paper(title, face="embedded")
    paper.text(LEFT, 90, random.choice(language.people), size=20, bold=True)
    paper.text(LEFT, 112, title, size=11, ink="#777777")
    y = 150.0
    for heading in (work, school):
        paper.text(LEFT, y, heading, size=12, bold=True)
        paper.rule(LEFT, y + 5, RIGHT, ink="#BBBBBB")
        for step in range(3):
            y += 22
            begin = 2022 - 4 * step
            paper.text(LEFT, y, f"{begin}-{begin + 3}", size=9)
            paper.text(LEFT + 90, y, f"{random.choice(jobs)}, {random.choice(language.places)}", size=9)
        y += 40
    paper.text(LEFT, y, f"{tongues}: DE, EN, FR, IT", size=9)
    paper.text(LEFT, y + 24, last, size=9)
    return paper.finish()


def bank_statement(vendor: Vendor, owner: Party, language: Language, random: Random, day: date) -> bytes:
    """Draw an account's movements with a balance, for an account of `owner`; `vendor` lends country
    and currency."""
    wording = _wording(vendor)
    paper = Paper(language.prose.statement[0])
    paper.text(LEFT, 80, "Contoria Bank", size=16, bold=True, ink="#0A3D62")
    address(paper, LEFT, 110, owner.lines)
    paper.text(LEFT, 180, language.prose.statement[0], size=14, bold=True)
    if vendor.iban:
        paper.text(RIGHT, 180, f"IBAN {vendor.iban}", align="right")
    y, balance = 220.0, Decimal(random.randrange(100_000, 900_000)) / 100
    for _ in range(14):
        movement = Decimal(random.randrange(-40_000, 38_000)) / 100
        balance += movement
        paper.text(LEFT, y, wording.date(day), size=9)
        paper.text(LEFT + 110, y, random.choice(language.people), size=9)
        paper.text(430, y, wording.number(movement), size=9, align="right")
        paper.text(RIGHT, y, wording.number(balance), size=9, align="right")
        y += 18
        day += timedelta(days=random.randint(1, 3))
    paper.rule(LEFT, y - 8, RIGHT)
    paper.text(RIGHT, y + 8, wording.money(balance), bold=True, align="right")
    return paper.finish()


def _wording(vendor: Vendor) -> Wording:
    region = REGIONS[vendor.country]
    return Wording(region, LANGUAGES[region.language], vendor.currency, long_dates=False, symbols=True)
