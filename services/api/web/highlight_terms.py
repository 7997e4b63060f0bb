"""Highlight terms: how the values of an invoice may be written on its page. Pure."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from services.api.web.evidence import evidence_box
from shared.invoice_fields import LABELS
from shared.invoices import Invoice

_SEARCHED = frozenset(LABELS) - {"currency", "kind"}
_DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
_THOUSANDS = (",", ".", " ", "\u00a0", "\u202f", "'", "\u2019", "")


def highlight_terms(invoice: Invoice) -> dict[str, list[str]]:
    """Return field -> spellings, most likely first, for fields that were not read from the page."""
    values = {name: getattr(invoice, name) for name in LABELS if name in _SEARCHED}
    return {
        name: list(dict.fromkeys(_spellings(name, value)))
        for name, value in values.items()
        if value is not None and name not in invoice.corrections and evidence_box(invoice.evidence.get(name)) is None
    }


def _spellings(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Decimal):
        yield from _amounts(value)
    elif isinstance(value, dt.date):
        for text in (value.strftime(pattern) for pattern in _DATES):
            yield text
            yield text.removeprefix("0").replace(".0", ".").replace("/0", "/").replace(" 0", " ")
    else:
        yield str(value)
        if name == "iban":
            yield " ".join(value[at : at + 4] for at in range(0, len(value), 4))


def _amounts(value: Decimal) -> Iterator[str]:
    whole, _, cents = f"{abs(value):,.2f}".partition(".")
    for thousands in _THOUSANDS:
        for decimal in (",", ".") if thousands not in (",", ".") else ("," if thousands == "." else ".",):
            yield f"{whole.replace(',', thousands)}{decimal}{cents}"
