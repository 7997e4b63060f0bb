"""One invented invoice with its wording: everything that a layout draws, and the truth about it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Literal

from samples.identifiers import bank_account, filled
from samples.variety.countries import COUNTRIES, Country
from samples.variety.phrasebook import Phrasebook, Words

Kind = Literal["invoice", "receipt", "credit_note"]
CENT = Decimal("0.01")
_FIRST, _DAYS = date(2021, 1, 4), 1900
_HEADS = ("Nord", "Blue", "Alpen", "Terra", "Luma", "Quanta", "Verde", "Silva", "Orion", "Delta", "Hafen", "Mira",
          "Castor", "Ponto", "Sol", "Vento", "Kiel", "Aster", "Bravo", "Corda")  # fmt: skip
_TAILS = ("werk", "soft", "data", "bau", "logistik", "media", "tech", "print", "energy", "foods", "line", "studio",
          "point", "net", "craft", "trade", "lab", "home", "cycle", "tools")  # fmt: skip
_SECOND = ("", "", " Services", " Group", " Solutions", " & Co", " Consulting", " Systems", " Trading", " Design")


@dataclass(frozen=True, slots=True)
class Side:
    """A party as a document shows it."""

    name: str
    street: str
    place: str
    slug: str
    domain: str
    tax_id: str | None
    iban: str | None

    @property
    def lines(self) -> tuple[str, str, str]:
        """Return the address."""
        return self.name, self.street, self.place


@dataclass(frozen=True, slots=True)
class Item:
    """A position; `amount` is without tax."""

    name: str
    quantity: int
    price: Decimal
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        """Return quantity times price."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice, its wording, and what a layout may leave out."""

    kind: Kind
    country: Country
    seller: Side
    buyer: Side
    number: str
    issued: date
    due: date | None
    items: tuple[Item, ...]
    shipping: Decimal
    discount: Decimal
    paid: Decimal
    with_tax: bool
    date_form: str
    money_form: str
    group: str
    said: dict[str, str]
    """The one phrase for each thing that this document uses."""

    @property
    def phrasebook(self) -> Phrasebook:
        """Return the language's phrases."""
        return self.country.phrasebook

    def tax_by_rate(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """Return rate, net amount and tax; postage and discount go with the first rate."""
        rows = []
        for place, rate in enumerate(sorted({item.rate for item in self.items}, reverse=True)):
            basis = sum((item.amount for item in self.items if item.rate == rate), Decimal(0))
            basis += (self.shipping - self.discount) if place == 0 else 0
            rows.append(
                (rate, basis, (basis * rate / 100).quantize(CENT, ROUND_HALF_UP) if self.with_tax else Decimal(0))
            )
        return rows

    @property
    def net(self) -> Decimal:
        """Return the sum without tax."""
        return sum((row[1] for row in self.tax_by_rate()), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Return the sum of all taxes."""
        return sum((row[2] for row in self.tax_by_rate()), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Return the sum with tax, before payments."""
        return self.net + self.tax

    def number_text(self, value: Decimal) -> str:
        """Format a number as the country writes it."""
        whole = f"{value:,.2f}"
        return whole.translate({ord(","): self.group, ord("."): self.country.decimal})

    def money(self, value: Decimal) -> str:
        """Format an amount as this document writes it."""
        text = self.money_form.format(n=self.number_text(abs(value)))
        return f"-{text}" if value < 0 else text

    def date(self, day: date) -> str:
        """Format a date as this document writes it."""
        month = self.phrasebook.months[day.month - 1]
        return self.date_form.format(
            d=day.day, dd=f"{day.day:02}", m=day.month, mm=f"{day.month:02}", month=month, mon=month[:3], yyyy=day.year,
            yy=f"{day.year % 100:02}",
        )  # fmt: skip

    @property
    def names_currency(self) -> bool:
        """Return whether the amounts name their currency."""
        return self.money_form != "{n}"

    def truth(self) -> dict[str, str]:
        """Return what every layout shows; the caller adds what it drew beyond that."""
        return {
            "vendor": self.seller.name, "invoice_number": self.number, "issue_date": self.issued.isoformat(),
            "currency": self.country.currency, "total": str(self.total),
        }  # fmt: skip


def draw_case(random: Random, *, kind: Kind | None = None) -> Case:
    """Draw an invoice at random, from any country."""
    code = random.choice(list(COUNTRIES))
    country = COUNTRIES[code]
    kind = kind or random.choices(("invoice", "receipt", "credit_note"), (80, 12, 8))[0]
    issued = _FIRST + timedelta(days=random.randrange(_DAYS))
    rates = [Decimal(rate.replace(",", ".")) for rate in country.rates]
    used = [random.choice(rates)] if random.random() < 0.75 else rates[:2]
    long = random.random() < 0.06
    items = tuple(
        Item(
            random.choice(country.phrasebook.goods)
            + random.choice(("", "", " Pro", " 2", f" #{random.randrange(10, 99)}")),
            random.choice((1, 1, 2, 3, 10)), Decimal(random.randrange(290, 180_000)).scaleb(-2), random.choice(used),
        )
        for _ in range(random.randrange(30, 60) if long else random.randrange(1, 7))
    )  # fmt: skip
    said = {
        name: random.choice(words)
        for name in Phrasebook.__slots__
        if isinstance(words := getattr(country.phrasebook, name), tuple) and name not in ("months", "goods")
    }
    net = sum((item.amount for item in items), Decimal(0))
    priced = country.money
    return Case(
        kind=kind, country=country, seller=_side(random, code, country), buyer=_buyer(random, code, country),
        number=_number(random, issued), issued=issued,
        due=_due(random, kind, issued),
        items=items,
        shipping=Decimal(random.choice((490, 595, 1200))).scaleb(-2) if random.random() < 0.15 else Decimal(0),
        discount=(net / 10).quantize(CENT) if random.random() < 0.12 else Decimal(0),
        paid=_prepaid(random, kind),
        with_tax=random.random() < 0.9, date_form=random.choice(country.dates), money_form=random.choice(priced),
        group=random.choice(country.groups), said=said,
    )  # fmt: skip


def _due(random: Random, kind: Kind, issued: date) -> date | None:
    terms = issued + timedelta(days=random.choice((7, 10, 14, 30, 60)))
    return terms if kind == "invoice" and random.random() < 0.8 else None


def _prepaid(random: Random, kind: Kind) -> Decimal:
    part = Decimal(random.randrange(100, 250)).scaleb(-2)
    return part if kind == "invoice" and random.random() < 0.07 else Decimal(0)


def _side(random: Random, code: str, country: Country) -> Side:
    form = random.choice(country.forms)
    stem = random.choice(_HEADS) + random.choice(_TAILS)
    name = random.choice(
        (
            f"{stem}{random.choice(_SECOND)} {form}",
            f"{stem} {form}",
            f"{random.choice(country.people).split()[1]} {stem.title()} {form}",
        )
    ).strip()
    if not form and random.random() < 0.3:
        name = random.choice(country.people)
    slug = stem.lower()
    return Side(
        name, random.choice(country.streets).format(n=random.randrange(1, 180)), random.choice(country.places), slug,
        f"{slug}.{country.domain}", filled(country.tax_id, random), bank_account(code, country.bban, random),
    )  # fmt: skip


def _buyer(random: Random, code: str, country: Country) -> Side:
    side = _side(random, code, country)
    if random.random() < 0.5:
        return Side(random.choice(country.people), side.street, side.place, "", "example.org", None, None)
    return side


def _number(random: Random, issued: date) -> str:
    serial = random.randrange(1, 99_999)
    forms: Words = (
        f"{issued.year}-{serial:04}", f"INV-{serial:05}", f"{serial:06}", f"RE{issued.year}{serial:05}",
        f"{serial}/{issued.year}",
        f"F{issued:%y}/{serial:04}", f"{issued:%Y%m}-{serial % 1000:03}", f"A-{serial}", f"{serial:08}", f"SI-{serial}",
        f"FV/{serial % 1000}/{issued:%m}/{issued.year}", f"#{serial}",
    )  # fmt: skip
    return random.choice(forms).lstrip("#")
