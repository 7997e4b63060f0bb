"""International bank account numbers (ISO 13616): shape, check digits, and search in text."""

import re

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_IN_TEXT = re.compile(r"\b[A-Z]{2}\d{2}(?:[  ]?[A-Z0-9]{4}){2,7}(?:[  ]?[A-Z0-9]{1,4})?\b")
_START = re.compile(r"[A-Z]{2}\d{2}")
_SHORTEST = 15
_LABELLED = re.compile(
    r"\bIBAN\b[\s:.]{0,5}(?P<account>[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,6}(?:[ \u00a0]?\d{1,4})?)(?!\w)"
)


_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27,
}  # fmt: skip
"""Length of an IBAN by country of the single euro payments area (SWIFT's IBAN registry)."""


def compact(text: str) -> str:
    """Return the text without white space, in capitals."""
    return re.sub(r"\s", "", text).upper()


def has_shape(iban: str) -> bool:
    """Return whether the compact text could be an IBAN; its check digits may still be wrong."""
    return _SHAPE.fullmatch(iban) is not None


def is_valid(iban: str) -> bool:
    """Return whether the check digits of a compact IBAN are right (ISO 7064, mod 97-10)."""
    if not has_shape(iban):
        return False
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def find(text: str) -> str | None:
    """Return the first IBAN in a line of text, compact.

    It has right check digits, or else the label "IBAN" before it.
    """
    if len(text) < _SHORTEST or _START.search(text) is None:
        return None
    for match in _IN_TEXT.finditer(text):
        candidate = compact(match.group())
        # A word in capitals may follow without punctuation ("... 01 BIC"): shorten until the check
        # digits are right.
        for length in range(len(candidate), 14, -1):
            if length == _LENGTHS.get(candidate[:2], length) and is_valid(candidate[:length]):
                return candidate[:length]
    labelled = _LABELLED.search(text)
    return compact(labelled["account"]) if labelled else None
