"""Formats of amounts and dates, and taxes, by country, and a `Wording` that writes one invoice that
way."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from samples.language import LANGUAGES, Labels, Language
from samples.model import Invoice


@dataclass(frozen=True, slots=True)
class Region:
    """A country's formats; dates are format strings; `rates` are tax rates in percent, the usual
    one first.

    `tax` is the name of the tax where that is not the language's word.
    """

    language: str
    currency: str
    rates: tuple[str, ...]
    decimal: str
    group: str
    symbol_first: bool
    short_date: str
    long_date: str
    tax: str | None = None


REGIONS = {
    "AT": Region("de", "EUR", ("20", "10"), ",", ".", False, "{dd}.{mm}.{yyyy}", "{d}. {month} {yyyy}"),
    "CH": Region("de", "CHF", ("8.1", "2.6"), ".", "'", True, "{dd}.{mm}.{yyyy}", "{d}. {month} {yyyy}"),
    "DE": Region("de", "EUR", ("19", "7"), ",", ".", False, "{dd}.{mm}.{yyyy}", "{d}. {month} {yyyy}"),
    "ES": Region("es", "EUR", ("21", "10"), ",", ".", False, "{dd}/{mm}/{yyyy}", "{d} de {month} de {yyyy}"),
    "FR": Region("fr", "EUR", ("20", "10"), ",", "\N{NO-BREAK SPACE}", False, "{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}"),
    "GB": Region("en", "GBP", ("20", "5"), ".", ",", True, "{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}"),
    "IE": Region("en", "EUR", ("23", "13.5"), ".", ",", True, "{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}"),
    "IT": Region("it", "EUR", ("22", "10"), ",", ".", False, "{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}"),
    "NL": Region("nl", "EUR", ("21", "9"), ",", ".", True, "{dd}-{mm}-{yyyy}", "{d} {month} {yyyy}"),
    "US": Region("en", "USD", ("8.25",), ".", ",", True, "{mm}/{dd}/{yyyy}", "{month} {d}, {yyyy}", "Sales tax"),
}
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The wording of one document: labels, numbers, and one form of date and currency
    throughout."""

    region: Region
    language: Language
    currency: str
    long_dates: bool
    symbols: bool

    @property
    def labels(self) -> Labels:
        """Return the language's words on documents."""
        return self.language.labels

    def tax(self, rate: Decimal) -> str:
        """Return the label of the tax at one rate."""
        return f"{self.region.tax or self.labels.tax} {self.rate(rate)}"

    def number(self, value: Decimal) -> str:
        """Format an amount without its currency, such as 1.234,50."""
        return f"{value:,.2f}".translate({ord(","): self.region.group, ord("."): self.region.decimal})

    def money(self, value: Decimal) -> str:
        """Format an amount with its currency."""
        symbol = SYMBOLS.get(self.currency, self.currency) if self.symbols else self.currency
        number = self.number(value)
        if not self.region.symbol_first:
            return f"{number} {symbol}"
        return f"{symbol}{number}" if symbol in "£$" else f"{symbol} {number}"

    def rate(self, value: Decimal) -> str:
        """Format a tax rate, such as 8,1 %."""
        return f"{value.normalize():f}".replace(".", self.region.decimal) + ("%" if self.region.symbol_first else " %")

    def date(self, day: date) -> str:
        """Format a date as the document writes dates."""
        pattern = self.region.long_date if self.long_dates else self.region.short_date
        return pattern.format(
            d=day.day,
            dd=f"{day.day:02}",
            mm=f"{day.month:02}",
            month=self.language.months[day.month - 1],
            yyyy=day.year,
        )

    def title(self, invoice: Invoice) -> str:
        """Return the document's heading."""
        return {
            "invoice": self.labels.invoice,
            "receipt": self.labels.receipt,
            "credit_note": self.labels.credit_note,
        }[invoice.kind]


def wording_of(invoice: Invoice) -> Wording:
    """Return the wording of an invoice, the same at every call."""
    region = REGIONS[invoice.vendor.country]
    random = Random(f"wording {invoice.vendor.slug} {invoice.number}")
    return Wording(
        region=region,
        language=LANGUAGES[region.language],
        currency=invoice.vendor.currency,
        long_dates=random.random() < 0.5,
        symbols=random.random() < 0.6,
    )
