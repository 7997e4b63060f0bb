"""Puts right what a recogniser typically takes for something else, where only an amount or a date can be meant.

Numbers of invoices mix letters and digits, so nothing is changed in a word that would not become an amount or a date.
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
    """The word, or the amount or date that it must have been."""
    word = _WORDS.get(word) or _CAPITAL_I.sub("I", word)
    match = _AROUND.match(word)
    if match is None:
        return word
    before, core, after = match.groups()
    if sum(character.isdigit() for character in core) * 2 < len(core):
        return word  # too little of it is a number
    digits = core.translate(_LOOKS_LIKE)
    if grouped := _GROUPED.fullmatch(digits):
        return f"{before}{_as_amount(*grouped.groups())}{after}"
    if digits != core and (_AMOUNT.fullmatch(digits) or _DATE.fullmatch(digits)):
        return f"{before}{digits}{after}"
    return word


def is_split_number(left: str, right: str) -> bool:
    """Whether two words with little between them are one number that was torn at its decimal sign."""
    if (
        not left
        or not right
        or not (left[-1].isdigit() or left[-1] in ".,")
        or not (right[0].isdigit() or right[0] in ".,")
    ):
        return False
    return (left[-1] in ".,") != (right[0] in ".,") and any(map(str.isdigit, left)) and any(map(str.isdigit, right))


def _as_amount(whole: str, sign: str, cents: str) -> str:
    """A group of two at the end can only be decimals, and has another sign than the thousands, which all have one."""
    signs = set(whole) & set(_OTHER)
    if signs == {sign}:
        return f"{whole}{_OTHER[sign]}{cents}"  # 1.234.56
    return whole.replace(sign, _OTHER[sign]) + sign + cents  # 2.978,666.00
