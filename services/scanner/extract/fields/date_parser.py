"""Parser of dates in thirteen languages; the order of day and month is decided once per
document."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.scanner.extract.lexicon.normalise import fold

DateOrder = Literal["dmy", "mdy", "ymd"]
"""Order of the numbers in a date.

"ymd" holds only for dates with hyphens and a year of two digits; other dates are then read as with
"dmy".
"""

_MONTHS = (
    "jan january januar janner janvier janv enero ene gennaio genn januari stycznia "
    "styczen janeiro tammikuuta tammikuu ledna leden",
    "feb february februar fevrier fevr febrero febbraio febr februari lutego luty "
    "fevereiro fev helmikuuta helmikuu unora unor",
    "mar march marz mrz mars marzo maart mrt marca marzec marco marts maaliskuuta maaliskuu brezna brezen",
    "apr april avril avr abril abr aprile kwietnia kwiecien huhtikuuta huhtikuu dubna duben",
    "may mai mayo maggio mag mei maja maj maio toukokuuta toukokuu kvetna kveten",
    "jun june juni juin junio giugno giu czerwca czerwiec junho kesakuuta kesakuu cervna cerven",
    "jul july juli juillet juil julio luglio lug lipca lipiec julho heinakuuta heinakuu cervence cervenec",
    "aug august aout agosto ago augustus sierpnia sierpien augusti elokuuta elokuu srpna srpen",
    "sep sept september septembre septiembre settembre set wrzesnia wrzesien setembro syyskuuta syyskuu zari",
    "oct october okt oktober octobre octubre ottobre ott pazdziernika pazdziernik "
    "outubro out lokakuuta lokakuu rijna rijen",
    "nov november novembre noviembre listopada listopad novembro marraskuuta marraskuu",
    "dec december dez dezember decembre diciembre dic dicembre grudnia grudzien "
    "dezembro desember des joulukuuta joulukuu ",
    "prosince prosinec",
)
_MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NAME = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
_ISO = re.compile(r"(?<![\d-])(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d|-\d)")
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d{2})(?![\d/-]|\.\d)"
)
_DAY_FIRST = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.|er|º|°)?[\s-]{{0,2}}(?:de |of )?"
    rf"(?P<m>{_NAME})\.?\s?,?[\s-]{{0,2}}(?:de |del )?(?P<y>\d{{4}}|['\u2019]?\d{{2}})(?!\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<![a-z])(?P<m>{_NAME})\.?\s{{0,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?,\s{{0,2}}|\s{{1,2}})"
    rf"(?P<y>\d{{4}}|['\u2019]\d{{2}})(?!\d)"
)
_THREE_DIGITS = re.compile(r"\d\D*\d\D*\d")
"""Three digits, which every date has at least and most cells have not."""
_PIVOT = 70
_MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A date and its position in a text."""

    value: date
    start: int
    end: int


def date_order(texts: Iterable[str], *, american: bool, swedish: bool = False) -> DateOrder:
    """Decide between day first and month first by the dates that allow only one order.

    `american` decides if there is none. `swedish`: short dates begin with the year, as 25-03-31.
    """
    for text in texts:
        for match in _NUMERIC.finditer(text):
            if swedish and match["sep"] == "-" and len(match["y"]) == 2:
                return "ymd"
            if match["sep"] == ".":
                return "dmy"
            if int(match["a"]) > _MONTHS_IN_YEAR >= int(match["b"]):
                return "dmy"
            if int(match["b"]) > _MONTHS_IN_YEAR >= int(match["a"]):
                return "mdy"
    return "mdy" if american else "dmy"


def dates_in(text: str, order: DateOrder) -> list[DateMatch]:
    """Return the dates in a text from left to right."""
    if _THREE_DIGITS.search(text) is None:
        return []
    plain = fold(text)
    dates: dict[int, DateMatch] = {}
    for pattern in (_ISO, _DAY_FIRST, _MONTH_FIRST, _NUMERIC):
        for match in pattern.finditer(plain):
            value = _date(match, order)
            if value is not None:
                dates.setdefault(match.start(), DateMatch(value, match.start(), match.end()))
    return [dates[start] for start in sorted(dates)]


def _date(match: re.Match[str], order: DateOrder) -> date | None:
    groups = match.groupdict()
    if "a" in groups:
        first, second, last = groups["a"], groups["b"], groups["y"]
        if order == "ymd" and match["sep"] == "-" and len(last) == 2:
            first, last = last, first
        day, month = (second, first) if order == "mdy" else (first, second)
        year = int(last)
    else:
        day, month, year = groups["d"], groups["m"], int(groups["y"].lstrip("'\u2019"))
    if year < 100:  # two digits
        year += 2000 if year < _PIVOT else 1900
    number = _MONTH_NUMBER.get(month) or (int(month) if month.isdecimal() else 0)
    try:
        return date(year, number, int(day))
    except ValueError:
        return None
