"""Correction of characters that OCR typically confuses, where only an amount or a date fits.

Invoice numbers mix letters and digits, so a word that would not become an amount or a date stays as
it is.
"""

import re

_LOOKS_LIKE = str.maketrans({"O": "0", "o": "0", "Q": "0", "D": "0", "l": "1", "I": "1", "i": "1", "|": "1", "!": "1",
                             "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8"})  # fmt: skip
_AROUND = re.compile(r"^([(\-\u2212+$€£]*(?:[A-Z]{3}(?=[\dOlI]))?)(.*?)([%€$£)\-:;*]*)$", re.DOTALL)
_AMOUNT = re.compile(r"\d{1,3}(?:[.,'\u2019]\d{3})*[.,]\d{2}|\d+[.,]\d{2}")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}")
_GROUPED = re.compile(r"(\d{1,3}(?:[.,]\d{3})+)([.,])(\d{2})")
_CAPITAL_I = re.compile(r"^l(?=nvoice|nv\b|BAN\b|VA\b|D\b)")
_WORDS = {"lalt": "I alt", "Ialt": "I alt", "1/S": "I/S", "0.0.": "o.o."}
_OTHER = {".": ",", ",": "."}


def correct_confusions(word: str) -> str:
    """Return the word, or the amount or date that it must have been."""
    word = _WORDS.get(word) or _CAPITAL_I.sub("I", word)
    match = _AROUND.match(word)
    if match is None:
        return word
    before, core, after = match.groups()
    if sum(character.isdigit() for character in core) * 2 < len(core):
        return word  # too few digits for a number
    digits = core.translate(_LOOKS_LIKE)
    if grouped := _GROUPED.fullmatch(digits):
        return f"{before}{_as_amount(*grouped.groups())}{after}"
    if digits != core and (_AMOUNT.fullmatch(digits) or _DATE.fullmatch(digits)):
        return f"{before}{digits}{after}"
    return word


def is_split_number(left: str, right: str) -> bool:
    """Return whether two adjacent words are one number that was split at its decimal sign."""
    if (
        not left
        or not right
        or not (left[-1].isdigit() or left[-1] in ".,")
        or not (right[0].isdigit() or right[0] in ".,")
    ):
        return False
    return (left[-1] in ".,") != (right[0] in ".,") and any(map(str.isdigit, left)) and any(map(str.isdigit, right))


def _as_amount(whole: str, sign: str, cents: str) -> str:
    """Correct the signs of an amount.

    A last group of two digits can only be decimals. Its sign differs from that of the thousands,
    which all have the same one.
    """
    signs = set(whole) & set(_OTHER)
    if signs == {sign}:
        return f"{whole}{_OTHER[sign]}{cents}"  # 1.234.56
    return whole.replace(sign, _OTHER[sign]) + sign + cents  # 2.978,666.00
