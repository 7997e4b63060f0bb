"""Who wrote the invoice: every possible name is scored by what speaks for it, and the best one wins."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from services.scanner.extract import labels, names
from services.scanner.extract.dates import fold
from services.scanner.extract.layout import Cell, TextDocument
from services.scanner.extract.lexicon import Term
from services.scanner.extract.marks import Mark, Marks
from services.scanner.extract.parties import Parties

_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|℗)\s*(?:\d{4}(?:\s?[-\u2013]\s?\d{4})?,?\s*)?(?:by )?"
    r"(?P<name>[A-Z][\w&.'()/ -]{1,50}?(?:,? (?:Inc|LLC|Ltd|GmbH)\.?)?)(?=,\s(?!(?:Inc|LLC|Ltd|Limited|L\.L\.C)\b)|[,;]?\s*(?:$|all rights|alle|tous|\.(?:\s|$)|\||•|-|inc\b|\d{4}))",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:@|https?://(?:www\.)?|www\.)(?P<host>[a-z0-9][a-z0-9.-]*\.[a-z]{2,})", re.IGNORECASE)
_PUBLIC_HOSTS = frozenset(
    {"gmail", "googlemail", "outlook", "hotmail", "yahoo", "gmx", "web", "icloud", "aol", "example", "live", "t-online",
     "facebook", "twitter", "instagram", "linkedin", "youtube", "google", "apple", "paypal", "w3", "googleapis", "x",
     "cloudfront", "amazonaws", "mailchimp", "sendgrid", "list-manage", "gstatic", "tiktok", "pinterest", "bit", "orange",
     "free", "wanadoo", "libero", "tiscali", "telia", "wp", "o2", "mail", "proton", "protonmail", "domain", "company",
     "email", "website", "yourdomain", "yourcompany", "mycompany", "test"}
)  # fmt: skip
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac"})
_HEAD_LINES = 12
_SHARE_OF_PAGE = 0.22
_HEAD_SCORE, _FIRST_SCORE = 0.9, 0.5
_WEIGHTS = {
    "labelled": 3.2, "legal form": 2.0, "host": 2.0, "sender": 1.8, "contact below": 0.8, "address below": 0.6,
    "large": 0.9, "repeated": 0.7, "return address": 1.8, "foot": 0.5, "copyright": 1.5, "account holder": 1.0,
    "buyer": -4.0, "below buyer label": -4.0, "among items": -1.6, "own label": -1.0, "beside buyer": 1.2, "address": -1.2, "after title": -0.2,
}  # fmt: skip
_SPOKEN, _SPOKEN_WHOLE = 3.2, 0.8
"""A shop's mail calls it by the name that its links lead to, whoever delivers."""
_TITLES = frozenset({Term.INVOICE, Term.RECEIPT, Term.CREDIT})
_LARGE = 1.35
_EARLY, _EARLY_LINES = 0.3, 60
"""What comes first is rather the vendor's."""
_MORE_OF_NAME = re.compile(r"\s[A-Z][a-z]+|[ ,]{1,2}(?:Inc|LLC|Ltd|GmbH|S\.|B\.V)")
_ENOUGH = 0.75
_SHORTEST_HOST = 3


class Vendor(NamedTuple):
    """A vendor's name and where it stands."""

    name: str
    locator: str
    text: str
    confidence: float


@dataclass(slots=True)
class _Candidate:
    name: str
    cell: Cell
    score: float


def find_vendor(document: TextDocument, marks: Marks, parties: Parties) -> Vendor | None:
    """The most believable vendor of a document; None if there is not even a sender."""
    candidates = list(_candidates(document, marks, parties))
    candidates.sort(key=lambda one: -one.score)
    best = _in_full(candidates[0], candidates) if candidates else None
    if best is not None and best.score >= _ENOUGH:
        rival = next((one.score for one in candidates if _key(one.name) != _key(best.name)), 0.0)
        return Vendor(best.name, best.cell.locator, best.cell.text, _confidence(best.score, best.score - rival))
    if document.sender:
        return Vendor(document.sender, "header From", document.sender, 0.6)
    if best is not None and best.score > 0:
        return Vendor(best.name, best.cell.locator, best.cell.text, 0.4)
    if document.sender_domain:
        return Vendor(document.sender_domain, "header From", document.sender_domain, 0.4)
    return None


def _in_full(best: _Candidate, candidates: list[_Candidate]) -> _Candidate:
    """The same firm with its legal form, where a mail calls it by its short name first."""
    if names.legal_form(best.name) or "." in best.name:
        return best
    key = _key(best.name)
    full = next((one for one in candidates if names.legal_form(one.name) and _key(one.name) == key), None)
    return best if full is None else _Candidate(full.name, full.cell, best.score)


def _confidence(score: float, margin: float) -> float:
    return round(min(0.95, 0.45 + 0.07 * min(score, 4.5) + 0.06 * min(margin, 3.0)), 3)


def _candidates(document: TextDocument, marks: Marks, parties: Parties) -> Iterator[_Candidate]:
    hosts = _hosts(document, marks, parties)
    sender = _key(document.sender or "")
    heights = [mark.cell.height for line in marks.lines for mark in line] or [1.0]
    usual = median(heights)
    bottom = max((line[-1].cell.y1 for line in marks.lines if line and line[-1].cell.page == 1), default=1.0)
    seen: Counter[str] = Counter()
    found: list[_Candidate] = []
    for index, line in enumerate(marks.lines):
        for mark in line:
            for name in dict.fromkeys(_possible(mark)):
                key = _key(name)
                if not key:
                    continue
                seen[key] += 1
                score = _score(name, key, mark, index, parties, hosts, sender, is_page=document.format == "pdf")
                if document.format == "pdf" and mark.cell.height >= _LARGE * usual:
                    score += _WEIGHTS["large"] * min(mark.cell.height / usual - 0.35, 2.0)
                if mark.cell.page == 1 and mark.cell.y0 < _SHARE_OF_PAGE * bottom:
                    score += _HEAD_SCORE * (1 - mark.cell.y0 / (_SHARE_OF_PAGE * bottom) * 0.5)
                    score += _FIRST_SCORE if index < 2 else 0
                score -= min(index, _EARLY_LINES) / _EARLY_LINES * _EARLY
                found.append(_Candidate(name, mark.cell, score))
    best_seen = 1
    for one in found:
        count = seen[_key(one.name)]
        best_seen = max(best_seen, count)
        if count > 1:
            one.score += _WEIGHTS["repeated"] * min(count - 1, 2)
        yield one
    yield from _spoken_hosts(document, marks, hosts, sender)


def _possible(mark: Mark) -> Iterator[str]:
    for match in _COPYRIGHT.finditer(mark.cell.text[:200]):
        yield names.clean(match["name"])
    text = mark.cell.text[_label_end(mark) :]
    if names.is_dated(text):
        return
    for name in names.pieces(text):
        form = names.legal_form(name)
        if form is not None and form.end() < len(name):
            head = names.clean(name[: form.end()])
            if names.is_possible(head):
                yield head
                continue
        if names.is_possible(name, mark):
            yield name


def _label_end(mark: Mark) -> int:
    """Where the name begins: behind "Sold by", "Name:", or a title that stands close to the letterhead."""
    text = mark.cell.text
    end = 0
    for place, hit in enumerate(mark.hits):
        if hit.start > end + 1:
            break
        spoken = " " in mark.folded[hit.start : hit.end] or end > 0  # "sold by": no name begins so
        labelled = hit.terms & {Term.SELLER, Term.NAME} and (spoken or text[hit.end :].lstrip().startswith(":"))
        titled = place == 0 and hit.terms & _TITLES and (_goes_on(mark, hit.end) or names.legal_form(text[hit.end :]))
        if not (labelled or titled):
            break
        end = hit.end
    return end


def _goes_on(mark: Mark, end: int) -> bool:
    """Whether a word such as "from" follows."""
    return any(hit.start == end + 1 and Term.SELLER in hit.terms for hit in mark.hits)


def _score(
    name: str, key: str, mark: Mark, index: int, parties: Parties, hosts: Counter[str], sender: str, *, is_page: bool
) -> float:
    score = 0.0
    locator = mark.cell.locator
    if locator in parties.seller_first:
        score += _WEIGHTS["labelled"] if is_page else _WEIGHTS["labelled"] / 2
    elif locator in parties.seller:
        score += _WEIGHTS["labelled"] / 4
    if locator in parties.buyer:
        score += _WEIGHTS["buyer"]
    if locator in parties.items:
        score += _WEIGHTS["among items"]
    elif names.is_address(mark.cell.text) and locator not in parties.return_address:
        score += _WEIGHTS["address"]
    if locator in parties.return_address:
        score += _WEIGHTS["return address"]
    if names.legal_form(name):
        score += _WEIGHTS["legal form"] if is_page else _WEIGHTS["legal form"] * 0.6
    if any(_matches(key, host) for host in hosts):
        score += _WEIGHTS["host"]
    score += _by_sender(key, sender)
    if locator in parties.beside_buyer:
        score += _WEIGHTS["beside buyer"]
    if locator in parties.contact_below:
        score += _WEIGHTS["contact below"]
    if locator in parties.address_below:
        score += _WEIGHTS["address below"]
    if not is_page and _COPYRIGHT.search(mark.cell.text[:200]):
        score += _WEIGHTS["copyright"]
    terms = labels.terms_of(mark.hits)
    if ":" in mark.cell.text and Term.SELLER not in terms and Term.NAME not in terms and not names.legal_form(name):
        score += _WEIGHTS["own label"]
    return score


def _by_sender(key: str, sender: str) -> float:
    if len(sender) < _SHORTEST_HOST:  # initials are no name
        return 0.0
    if sender == key:
        return _WEIGHTS["sender"]
    return _WEIGHTS["sender"] / 2 if sender in key or (key in sender and len(key) > _SHORTEST_HOST) else 0.0


def _hosts(document: TextDocument, marks: Marks, parties: Parties) -> Counter[str]:
    """The names in the mail and web addresses of a document, the buyer's left out, and that of the sender."""
    hosts: Counter[str] = Counter()
    for line in marks.lines:
        for mark in line:
            text = mark.cell.text
            if mark.cell.locator in parties.buyer or not ("@" in text or "www." in text or "://" in text):
                continue
            hosts.update(label for match in _HOST.finditer(text) if (label := _label(match["host"])))
    for host in (*document.hosts, document.sender_domain or ""):
        if label := _label(host):
            hosts[label] += 1
    return hosts


def _label(host: str) -> str:
    """The name in a host name: "shop" of "www.shop.co.uk"."""
    parts = host.lower().strip(".").split(".")[:-1]
    while len(parts) > 1 and parts[-1] in _SECOND_LEVEL:
        parts.pop()
    label = parts[-1] if parts else ""
    return label if len(label) >= _SHORTEST_HOST and label not in _PUBLIC_HOSTS else ""


def _matches(key: str, host: str) -> bool:
    plain = _key(host)
    if len(plain) < 4 or len(key) < 3:
        return plain == key
    return plain in key or (len(key) > 3 and key in plain)


def _spoken_hosts(document: TextDocument, marks: Marks, hosts: Counter[str], sender: str) -> Iterator[_Candidate]:
    """Names in running text that are those of the machines linked to: "your order at Lumen.de"."""
    if document.format == "pdf" or not hosts:
        return
    spoken: Counter[str] = Counter()
    where: dict[str, Cell] = {}
    expression = re.compile(
        rf"(?<![\w@./])(?:{'|'.join(re.escape(host) for host, _ in hosts.most_common(6))})(?:\.(?:[a-z]{{2,3}}\.)?[a-z]{{2,3}})?(?![\w@/])",
        re.IGNORECASE,
    )
    for line in marks.lines:
        for mark in line:
            for match in expression.finditer(mark.cell.text):
                part_of_longer = _MORE_OF_NAME.match(mark.cell.text, match.end())
                if match.group()[0].isupper() and not part_of_longer:
                    spoken[match.group()] += 1
                    where.setdefault(match.group(), mark.cell)
    for name, count in spoken.items():
        share = hosts[_label(name if "." in name else f"{name}.com")] / max(hosts.values())
        whole = _SPOKEN_WHOLE if "." in name else 0.0
        yield _Candidate(name, where[name], _SPOKEN * share + whole + 0.35 * min(count, 4) + _by_sender(_key(name), sender))


def _key(name: str) -> str:
    """A name's letters and digits, for comparison."""
    return re.sub(r"[\W_]", "", names.LEGAL_FORM.sub("", name) and fold(names.LEGAL_FORM.sub("", name)))
