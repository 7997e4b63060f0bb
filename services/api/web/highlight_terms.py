"""How the values of an invoice may be written on its page, for finding them there. Pure."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from services.api.web.evidence import box_of
from shared.invoice_fields import LABELS
from shared.invoices import Invoice

_SOUGHT = frozenset(LABELS) - {"currency", "kind"}
_DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
_THOUSANDS = (",", ".", " ", "\u00a0", "\u202f", "'", "\u2019", "")


def spellings_of(invoice: Invoice) -> dict[str, list[str]]:
    """Field -> ways to write it, most likely first; of the fields that were not read from the page itself."""
    values = {name: getattr(invoice, name) for name in LABELS if name in _SOUGHT}
    return {
        name: list(dict.fromkeys(_ways(name, value)))
        for name, value in values.items()
        if value is not None and name not in invoice.corrections and box_of(invoice.evidence.get(name)) is None
    }


def _ways(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Decimal):
        yield from _amounts(value)
    elif isinstance(value, dt.date):
        for written in (value.strftime(form) for form in _DATES):
            yield written
            yield written.removeprefix("0").replace(".0", ".").replace("/0", "/").replace(" 0", " ")
    else:
        yield str(value)
        if name == "iban":
            yield " ".join(value[at : at + 4] for at in range(0, len(value), 4))


def _amounts(value: Decimal) -> Iterator[str]:
    whole, _, cents = f"{abs(value):,.2f}".partition(".")
    for thousands in _THOUSANDS:
        for decimal in (",", ".") if thousands not in (",", ".") else ("," if thousands == "." else ".",):
            yield f"{whole.replace(',', thousands)}{decimal}{cents}"
