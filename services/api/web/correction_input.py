"""What people type into the field of an invoice, as the API takes it. Pure."""

import re

from pydantic import ValidationError

from services.api.invoices.correction_schemas import Correction
from shared.invoice_fields import AMOUNTS, DATES

_FITS = {
    "vendor": "Enter a name of up to 200 characters.",
    "vendor_tax_id": "Enter a tax id of up to 200 characters.",
    "invoice_number": "Enter a number of up to 200 characters.",
    "currency": "Enter the three letters of a currency, such as EUR.",
    "iban": "Enter an IBAN, such as DE89 3704 0044 0532 0130 00.",
    "kind": "Choose one of the three.",
}
_AMOUNT = "Enter an amount, such as 1284.50."
_DATE = "Enter a date."
_BLANKS = re.compile(r"[\s'\u2019]")
_DECIMAL_COMMA = re.compile(r"-?[\d.]*,\d{1,2}")


def correction_of(name: str, typed: str) -> Correction:
    """The correction of one field. Raises `ValueError` with the sentence that stands beside the field."""
    try:
        return Correction.model_validate({name: _plain(name, typed)})
    except ValidationError:
        raise ValueError(_AMOUNT if name in AMOUNTS else _DATE if name in DATES else _FITS[name]) from None


def _plain(name: str, typed: str) -> str:
    if name in AMOUNTS:
        return _amount(typed)
    if name in ("iban", "currency"):
        return _BLANKS.sub("", typed).upper()
    return typed


def _amount(typed: str) -> str:
    """With a decimal point and nothing between the thousands: "1.284,50" and "1,284.50" are both understood."""
    bare = _BLANKS.sub("", typed).replace("\u2212", "-")
    if _DECIMAL_COMMA.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")
