"""Generator of invoices: what was bought, when, at which price, under which number."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle, islice
from random import Random

from samples.language import LANGUAGES
from samples.model import Invoice, Kind, Line, Party, Vendor
from samples.regions import REGIONS

FIRST_DAY = date(2025, 11, 3)
DAYS = 360
_NUMBERS = ("INV-{year}-{n:05}", "{year}/{n:04}", "R{n:06}", "{year}-{n:04}-A", "{short}{n:05}", "F{year}{n:05}")


class InvoiceWriter:
    """Writes one user's invoices; every vendor of `vendors` comes up in turn and keeps one style of
    numbers."""

    def __init__(self, random: Random, buyer: Party, vendors: tuple[Vendor, ...]) -> None:
        self._random = random
        self._buyer = buyer
        self._turn = cycle(random.sample(vendors, len(vendors)))
        self._counters = {vendor.slug: random.randrange(100, 4000) for vendor in vendors}

    def draw(self, kind: Kind = "invoice", *, positions: int | None = None) -> Invoice:
        """Draw the next invoice, with one to five positions by default; only invoices have a due
        date."""
        random = self._random
        vendor = next(self._turn)
        issued = FIRST_DAY + timedelta(days=random.randrange(DAYS))
        return Invoice(
            kind=kind,
            vendor=vendor,
            buyer=self._buyer,
            number=self._number(vendor, issued),
            issue_date=issued,
            due_date=issued + timedelta(days=random.choice((10, 14, 30))) if kind == "invoice" else None,
            lines=tuple(self._lines(vendor, positions or random.randint(1, 5))),
        )

    def _number(self, vendor: Vendor, issued: date) -> str:
        self._counters[vendor.slug] += self._random.randint(1, 40)
        style = Random(f"numbers {vendor.slug}").choice(_NUMBERS)
        return style.format(year=issued.year, short=vendor.slug[:2].upper(), n=self._counters[vendor.slug])

    def _lines(self, vendor: Vendor, positions: int) -> Iterator[Line]:
        random = self._random
        region = REGIONS[vendor.country]
        goods = LANGUAGES[region.language].goods[vendor.trade]
        for description, low, high, reduced in islice(cycle(random.sample(goods, len(goods))), positions):
            yield Line(
                description=description,
                quantity=random.choice((1, 1, 1, 2, 3, 5, 10)),
                price=Decimal(random.randrange(low * 100, high * 100)).scaleb(-2),
                rate=Decimal(region.rates[-1] if reduced else region.rates[0]),
            )
