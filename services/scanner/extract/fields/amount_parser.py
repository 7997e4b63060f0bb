"""Parser of amounts of money; the decimal sign is decided once per document, not per number."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

DecimalSign = Literal[".", ","]

KRONE = "kr"
"""Krone of any country: the text beside an amount does not say which."""
_BESIDE_AMOUNTS = frozenset({"kr", "Kr", "Fr", "Rs", "zl", "Ft", "lei", "RM"})
"""Names that mean a currency only beside an amount."""
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "zl": "PLN",
    "Kč": "CZK",
    "Rs": "INR",
    "kr": KRONE,
    "Kr": KRONE,
    "Fr": "CHF",
    "R$": "BRL",
    "Ft": "HUF",
    "lei": "RON",
    "₺": "TRY",
    "₽": "RUB",
    "₩": "KRW",
    "₪": "ILS",
    "฿": "THB",
    "₴": "UAH",
    "₦": "NGN",
    "₱": "PHP",
    "₫": "VND",
    "RM": "MYR",
}
_CODES = (
    "EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK", "HUF", "RON", "BGN", "ISK", "JPY", "CNY", "INR",
    "AUD", "CAD", "NZD", "SGD", "HKD", "BRL", "MXN", "ZAR", "TRY", "ILS", "KRW", "AED", "THB", "PHP", "MYR", "IDR",
    "VND", "TWD", "SAR", "EGP", "NGN", "KES", "UAH", "RUB", "CLP", "COP", "ARS", "RSD", "MAD",
)  # fmt: skip
_DOLLARS = {"US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD"}
_NAMES = {**_DOLLARS, **_SYMBOLS, "R": "ZAR", **{code: code for code in _CODES}}
_CURRENCY = "|".join(re.escape(name) for name in sorted(_NAMES.keys() - {"R"}, key=len, reverse=True))
_RAND = r"R(?=\s?\d[\d ,]*[.,]\d\d(?!\d))"
"""A rand sign counts only before an amount with cents: numbers of invoices and parts begin with R
too."""
_GAP = "[ \u00a0\u202f\u2009\u2007]"
_DIGITS = (
    r"\d{1,3}(?:[.,'\u2019]\d{3})+(?:[.,]\d{1,2})?"
    rf"|\d{{1,3}}(?:{_GAP}\d{{3}})+(?:[.,]\d{{2}}|,-)?(?!\d)"
    r"|\d+(?:[.,]\d{1,4})?"
)
_AMOUNT = re.compile(
    rf"(?P<minus>(?<![\w.,])[-\u2212\u2013]\s?)?(?:(?<![A-Za-z])(?P<before>{_CURRENCY}|{_RAND})\.?\s{{0,2}})?(?P<minus2>[-\u2212]\s?)?"
    rf"(?(before)|(?<![\w.,/#])(?<!\d:)(?<!\w-))(?P<digits>{_DIGITS})(?![\d/:]|[.,-]\d|\s?%)"
    rf"(?:\s{{0,2}}(?P<after>{_CURRENCY}|e(?=\s|$))(?![A-Za-z]))?"
)
_CODE = re.compile(rf"(?<![A-Za-z])(?:{_CURRENCY})(?![A-Za-z])")
_DIGIT = re.compile(r"\d")
_DAYS = re.compile(
    r"\s?(?:calendar |business |working )?(?:days?|weeks?|months?|tagen?|tage|werktagen?|wochen|monaten?|jours?|mois|"
    r"giorni|mesi|días?|dias?|meses|dagen|dage|dager|dagar|dgr|weken|maanden|dni|päivää|pv|vrk|dnů|dnech|%)\b",
    re.IGNORECASE,
)
"""Units of time behind a bare number: it is a term of payment, not an amount."""
_SPACES = re.compile(r"[\s'\u2019]")
_GROUP = re.compile(r"\d[ \u00a0]\Z")
"""Digits before a number without decimals: it is the last group of an account or telephone
number."""
_MAX_DIGITS = 15
_DECIDED = 24
"""Lead of one decimal sign in votes after which no further number is examined."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount and its position in a text."""

    value: Decimal
    currency: str | None
    start: int
    end: int
    has_decimals: bool


def decimal_sign(texts: Iterable[str]) -> DecimalSign:
    """Return the decimal sign of these texts by their unambiguous numbers; a point if there are
    none."""
    votes: Counter[str] = Counter()
    for text in texts:
        for match in _matches(text):
            digits = match["digits"]
            last = max(digits.rfind("."), digits.rfind(","))
            if last < 0:
                continue
            sign, decimals = digits[last], len(digits) - last - 1
            both = "." in digits and "," in digits
            if both or decimals == 2:  # cents
                votes[sign] += 3 if both else 1
            elif digits.count(sign) > 1:
                votes["," if sign == "." else "."] += 3
        if abs(votes[","] - votes["."]) >= _DECIDED:
            break
    return "," if votes[","] > votes["."] else "."


def amounts_in(text: str, sign: DecimalSign) -> list[Amount]:
    """Return the amounts in a text from left to right.

    Percentages, dates, times and numbers inside words are no amounts.
    """
    amounts = []
    for match in _matches(text):
        value = _value(match["digits"], sign)
        if value is None or ("." not in str(value) and _GROUP.search(text, 0, match.start("digits"))):
            continue
        if match["minus"] or match["minus2"]:
            value = -value
        name = match["before"] or match["after"]
        currency = "EUR" if name == "e" else _NAMES.get(name) if name else None
        if currency is None and _DAYS.match(text, match.end()):
            continue
        has_decimals = value != value.to_integral_value() or bool(re.search(r"[.,]\d{1,2}$", match["digits"]))
        amounts.append(Amount(value, currency, match.start(), match.end(), has_decimals))
    return amounts


def named_currency(texts: Iterable[str]) -> str | None:
    """Return the currency that these texts name most often."""
    votes: Counter[str] = Counter()
    for text in texts:
        votes.update(_NAMES[match] for match in _CODE.findall(text) if match not in _BESIDE_AMOUNTS)
    if votes["USD"] and (dollars := [code for code in ("CAD", "AUD", "NZD", "SGD", "HKD", "MXN") if votes[code]]):
        # A bare dollar sign means the dollar whose code the document names.
        return dollars[0]
    return votes.most_common(1)[0][0] if votes else None


def _matches(text: str) -> Iterable[re.Match[str]]:
    """Match amounts only in text with a digit: most cells have none, and that test is much
    cheaper."""
    return _AMOUNT.finditer(text) if _DIGIT.search(text) else ()


def _value(digits: str, sign: DecimalSign) -> Decimal | None:
    other = "," if sign == "." else "."
    plain = _SPACES.sub("", digits)
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0 and plain[last] == other and len(plain) - last - 1 != 3:  # not a thousands separator
        plain = plain.replace(sign, "").replace(other, sign)  # a lone number in the other notation
    plain = plain.replace(other, "").replace(sign, ".")
    if plain.count(".") > 1 or len(plain) > _MAX_DIGITS:
        return None
    return Decimal(plain)


def is_currency(word: str) -> bool:
    """Return whether a word is a currency's code or symbol."""
    return word in _NAMES
