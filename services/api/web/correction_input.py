"""Parsing of corrections: from what a person types into a field to what the API accepts. Pure."""

import re

from pydantic import ValidationError

from services.api.invoices.correction_schemas import Correction
from shared.invoice_fields import AMOUNTS, DATES

_HINTS = {
    "vendor": "Enter a name of up to 200 characters.",
    "vendor_tax_id": "Enter a VAT ID of up to 200 characters.",
    "invoice_number": "Enter a number of up to 200 characters.",
    "currency": "Enter the three letters of a currency, such as EUR.",
    "iban": "Enter an IBAN, such as DE89 3704 0044 0532 0130 00.",
    "kind": "Choose one of the three kinds.",
}
_AMOUNT = "Enter an amount, such as 1284.50."
_DATE = "Enter a date."
_BLANKS = re.compile(r"[\s'\u2019]")
_DECIMAL_COMMA = re.compile(r"-?[\d.]*,\d{1,2}")


def parse_correction(name: str, typed: str) -> Correction:
    """Return the correction of one field.

    Raises `ValueError` with the sentence to show at the field.
    """
    try:
        return Correction.model_validate({name: _normalised(name, typed)})
    except ValidationError:
        raise ValueError(_AMOUNT if name in AMOUNTS else _DATE if name in DATES else _HINTS[name]) from None


def _normalised(name: str, typed: str) -> str:
    if name in AMOUNTS:
        return _amount(typed)
    if name in ("iban", "currency"):
        return _BLANKS.sub("", typed).upper()
    return typed


def _amount(typed: str) -> str:
    """Return an amount with a decimal point and no separators; accept "1.284,50" and "1,284.50"."""
    bare = _BLANKS.sub("", typed).replace("\u2212", "-")
    if _DECIMAL_COMMA.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")
