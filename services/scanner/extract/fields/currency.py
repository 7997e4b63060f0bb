"""The currency of an invoice: by the total, else by the document's text, else by its country."""

import re
from typing import NamedTuple

from services.scanner.extract.fields.amount_parser import KRONE, named_currency
from services.scanner.extract.fields.totals_solver import Totals
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.page.text_document import TextDocument

_BESIDE, _NAMED, _COUNTRY, _LANGUAGE = 0.92, 0.88, 0.6, 0.5
_EURO = "AT BE CY DE EE EL ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OF_COUNTRY = dict.fromkeys(_EURO.split(), "EUR") | {
    "GB": "GBP", "UK": "GBP", "CH": "CHF", "LI": "CHF", "PL": "PLN", "SE": "SEK", "NO": "NOK", "DK": "DKK", "CZ": "CZK",
    "HU": "HUF", "RO": "RON", "BG": "BGN", "IS": "ISK", "US": "USD", "AU": "AUD", "NZ": "NZD", "CA": "CAD", "IN": "INR",
    "BR": "BRL", "JP": "JPY", "ZA": "ZAR", "SG": "SGD", "MX": "MXN",
}  # fmt: skip
_OF_LANGUAGE = {"sv": "SEK", "nb": "NOK", "da": "DKK", "pl": "PLN", "cs": "CZK", "de": "EUR", "fi": "EUR", "fr": "EUR",
                "it": "EUR", "nl": "EUR"}  # fmt: skip
"""Currency by language, for languages that are spoken mostly where one currency is used."""
_DOLLAR_HOST = re.compile(r"[\w-]\.(?:com?\.)?(?P<country>au|ca|nz|sg)\b")
_AUSTRALIAN = re.compile(r"\bPty\b|\bABN\b")
_SHARED = frozenset({KRONE, "USD"})
"""Currencies whose sign is used in several countries."""
_KRONES = frozenset({"SEK", "NOK", "DKK", "ISK"})


class Currency(NamedTuple):
    """A currency's ISO 4217 code and where it was read."""

    code: str
    locator: str
    text: str
    confidence: float


def find_currency(
    draft: InvoiceDraft, document: TextDocument, totals: Totals, languages: tuple[str, ...]
) -> Currency | None:
    """Return the currency; None if nothing in the document tells it."""
    at = totals.total.cell
    beside = totals.total.amount.currency
    if beside is not None and beside not in _SHARED:
        return Currency(beside, at.locator, at.text, _BESIDE)
    named = named_currency(line.text for line in document.lines)
    if beside == KRONE:
        code = named if named in _KRONES else _krone(draft, document, languages)
        return Currency(code, at.locator, at.text, _BESIDE) if code is not None else None
    if beside is not None:
        # A bare dollar sign may mean any dollar; a code elsewhere on the page decides.
        code = _dollar(document, named) if beside == "USD" else beside
        return Currency(code, at.locator, at.text, _BESIDE)
    if named is not None:
        return Currency(named, at.locator, at.text, _NAMED)
    for field in ("iban", "vendor_tax_id"):
        value = getattr(draft, field)
        code = _OF_COUNTRY.get(value[:2].upper()) if value else None
        if code is not None:
            evidence = draft.evidence[field]
            return Currency(code, evidence.locator, evidence.text, _COUNTRY)
    spoken = [_OF_LANGUAGE[language] for language in languages if language in _OF_LANGUAGE]
    if len(spoken) == 1:
        return Currency(spoken[0], at.locator, at.text, _LANGUAGE)
    domain = (document.sender_domain or "").rpartition(".")[2].upper()
    code = _OF_COUNTRY.get(domain)
    return Currency(code, "header From", domain.lower(), _COUNTRY) if code is not None else None


def _krone(draft: InvoiceDraft, document: TextDocument, languages: tuple[str, ...]) -> str | None:
    """Return which krona, krone or króna is meant, by country and then by language."""
    countries = [value[:2].upper() for value in (draft.iban, draft.vendor_tax_id) if value]
    countries.append((document.sender_domain or "").rpartition(".")[2].upper())
    named = [_OF_COUNTRY.get(country) for country in countries]
    spoken = [_OF_LANGUAGE.get(language) for language in languages]
    return next((code for code in (*named, *spoken) if code in _KRONES), None)


def _dollar(document: TextDocument, named: str | None) -> str:
    """Return which dollar is meant: the one that the document names, or that of its addresses."""
    if named is not None and named.endswith("D") and named != "USD":
        return named
    for line in document.lines:
        for cell in line.cells:
            if _AUSTRALIAN.search(cell.text):
                return "AUD"
            if match := _DOLLAR_HOST.search(cell.text):
                return _OF_COUNTRY[match["country"].upper()]
    return "USD"
