"""Which currency an invoice is in: what stands beside the total, else what the document names, else its country's."""

from typing import NamedTuple

from services.scanner.extract.amounts import currency_of
from services.scanner.extract.draft import Draft
from services.scanner.extract.layout import TextDocument
from services.scanner.extract.solving import Sums

_BESIDE, _NAMED, _COUNTRY = 0.92, 0.88, 0.6
_EURO = "AT BE CY DE EE EL ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OF_COUNTRY = {country: "EUR" for country in _EURO.split()} | {
    "GB": "GBP", "UK": "GBP", "CH": "CHF", "LI": "CHF", "PL": "PLN", "SE": "SEK", "NO": "NOK", "DK": "DKK", "CZ": "CZK",
    "HU": "HUF", "RO": "RON", "BG": "BGN", "IS": "ISK", "US": "USD", "AU": "AUD", "NZ": "NZD", "CA": "CAD", "IN": "INR",
    "BR": "BRL", "JP": "JPY", "ZA": "ZAR", "SG": "SGD", "MX": "MXN",
}  # fmt: skip
_KRONE = {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "sv": "SEK", "nb": "NOK", "da": "DKK"}


class Currency(NamedTuple):
    """A currency's ISO 4217 code and where it was read."""

    code: str
    locator: str
    text: str
    confidence: float


def find_currency(draft: Draft, document: TextDocument, found: Sums) -> Currency | None:
    """The currency; None if nothing tells it."""
    at = found.total.cell
    beside = found.total.amount.currency
    named = currency_of(line.text for line in document.lines)
    if beside is not None:
        # A bare dollar sign is any dollar: a code elsewhere on the page says which.
        code = named if beside == "USD" and named is not None and named.endswith("D") else beside
        return Currency(code, at.locator, at.text, _BESIDE)
    if named is not None:
        return Currency(named, at.locator, at.text, _NAMED)
    for field in ("iban", "vendor_tax_id"):
        value = getattr(draft, field)
        code = _OF_COUNTRY.get(value[:2].upper()) if value else None
        if code is not None:
            evidence = draft.evidence[field]
            return Currency(code, evidence.locator, evidence.text, _COUNTRY)
    domain = (document.sender_domain or "").rpartition(".")[2].upper()
    code = _OF_COUNTRY.get(domain)
    return Currency(code, "header From", domain.lower(), _COUNTRY) if code is not None else None
