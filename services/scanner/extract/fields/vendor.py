"""Finder of the vendor: every possible name is scored by its evidence, and the best one is
taken."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from services.scanner.extract.fields import company_names
from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.label_meaning import terms_of
from services.scanner.extract.fields.parties import Parties, has_address_below, has_contact_below, has_tax_number_below
from services.scanner.extract.fields.vendor_candidates import has_copyright, possible_names, thanked_names
from services.scanner.extract.fields.web_hosts import count_hosts, host_names_in_text
from services.scanner.extract.lexicon import Term
from services.scanner.extract.lexicon.normalise import fold
from services.scanner.extract.page.text_document import Cell, TextDocument

_WEIGHTS = {
    "labelled": 3.2, "in seller's block": 0.8, "legal form": 2.0, "host": 2.0, "sender": 1.8, "contact below": 0.8,
    "address below": 0.6, "large": 0.9, "repeated": 0.7, "return address": 1.8, "copyright": 1.5, "beside buyer": 1.2,
    "among items": -1.6, "sentence": -0.8, "named sender": 1.5, "own label": -1.0, "address": -2.0,
    "thanks": 1.0, "tax number below": 0.3, "addressed": -2.5,
}  # fmt: skip
_MAIL_WEIGHTS = {**_WEIGHTS, "labelled": 1.6, "legal form": 1.2, "sender": 3.0, "named sender": 3.2}
"""Weights for mail, in which a shop also names its carriers."""
_HOST_NAME, _HOST_NAME_WHOLE, _HOST_NAME_REPEATED = 3.2, 0.8, 0.35
"""Scores of a name that equals a linked host: a shop's mail uses it, whoever delivers."""
_SHARE_OF_PAGE = 0.22
_LETTERHEAD = 180.0
"""Points from the top of a page that always count as letterhead."""
_HEAD_SCORE, _FIRST_SCORE, _FIRST_LINES = 0.9, 0.5, 2
_EARLY, _EARLY_LINES = 0.3, 60
"""Bonus for names near the start, which are more often the vendor's."""
_HEAD_LINES, _FOOT_LINES = 60, 40
"""First and last lines in which names are looked for."""
_LETTERHEAD_LINES = 12
"""Lines after which rows of items hold no vendor."""
_LARGE, _LARGEST = 1.35, 2.0
_ENOUGH = 0.75
_BY_SENDER, _SENDER_ALONE = 0.85, 0.6
_DOMAIN_NAME = re.compile(r"[\w-]+(?:\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_MAIL_LIMIT = 0.85
"""Confidence, at most, of a name in mail that is not the sender's: marketplaces name many."""
_SHORT = 3


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


def find_vendor(document: TextDocument, annotated: AnnotatedText, parties: Parties) -> Vendor | None:
    """Return the most likely vendor of a document; None if there is not even a sender."""
    candidates = sorted(
        _VendorScorer(document, annotated, parties).candidates(), key=lambda candidate: -candidate.score
    )
    best = _fuller_name(candidates[0], candidates, _key(document.sender or "")) if candidates else None
    if best is not None and _is_site_of(document.sender or "", best.name):
        return Vendor(document.sender or "", "header From", document.sender or "", _BY_SENDER)
    if best is not None and best.score >= _ENOUGH:
        rival = next((candidate.score for candidate in candidates if _key(candidate.name) != _key(best.name)), 0.0)
        confidence = _confidence(best.score, best.score - rival)
        if document.format != "pdf" and _key(document.sender or "") != _key(best.name):
            confidence = min(confidence, _MAIL_LIMIT)
        return Vendor(best.name, best.cell.locator, best.cell.text, confidence)
    if document.sender:
        return Vendor(document.sender, "header From", document.sender, _SENDER_ALONE)
    if best is not None and best.score > 0:
        return Vendor(best.name, best.cell.locator, best.cell.text, 0.4)
    if document.sender_domain:
        return Vendor(document.sender_domain, "header From", document.sender_domain, 0.4)
    return None


def _is_site_of(sender: str, name: str) -> bool:
    """Return whether the sender's name is the vendor's site.

    "Nord.example" is for a text that names "Nord", or "Nord.com, Inc." as the owner.
    """
    if _DOMAIN_NAME.fullmatch(sender.strip()) is None:
        return False
    return sender.strip().partition(".")[0].lower() == re.split(r"[.,\s]", name, maxsplit=1)[0].lower()


def _fuller_name(best: _Candidate, candidates: list[_Candidate], sender: str) -> _Candidate:
    """Return the same company with its legal form, or as the sender writes it.

    A mail often calls it by a short name first.
    """
    if company_names.legal_form(best.name) or "." in best.name:
        return best
    key = _key(best.name)
    whole = {key, sender} if key in sender else {key}
    fuller = (
        candidate
        for candidate in candidates
        if _key(candidate.name) in whole and (company_names.legal_form(candidate.name) or _key(candidate.name) != key)
    )
    full = next(fuller, None)
    return best if full is None else _Candidate(full.name, full.cell, best.score)


def _confidence(score: float, margin: float) -> float:
    return round(min(0.95, 0.45 + 0.07 * min(score, 4.5) + 0.06 * min(margin, 3.0)), 3)


class _VendorScorer:
    """Collects the possible names of one document and scores them."""

    def __init__(self, document: TextDocument, annotated: AnnotatedText, parties: Parties) -> None:
        self._marks, self._parties = annotated, parties
        self._is_page = document.format == "pdf"
        self._weights = _WEIGHTS if self._is_page else _MAIL_WEIGHTS
        self._hosts = count_hosts(document, annotated, parties)
        self._host_keys = [_key(host) for host in self._hosts]
        self._sender_name = document.sender or ""
        self._sender = _key(self._sender_name)
        self._usual_height = median(
            [annotation.cell.height for line in annotated.lines for annotation in line] or [1.0]
        )
        ends = (line[-1].cell.y1 for line in annotated.lines if line and line[-1].cell.page == 1)
        head = _SHARE_OF_PAGE * max(ends, default=1.0)
        self._head = max(head, _LETTERHEAD) if self._is_page else head

    def candidates(self) -> Iterator[_Candidate]:
        """Yield every name with its score, without the buyer's, which cannot win."""
        candidates: list[tuple[str, _Candidate]] = []
        lines = list(enumerate(self._marks.lines))
        if len(lines) > _HEAD_LINES + _FOOT_LINES:
            lines = lines[:_HEAD_LINES] + lines[-_FOOT_LINES:]
        for index, line in lines:
            for annotation in line:
                locator = annotation.cell.locator
                if self._is_item(locator, index):
                    continue
                if locator in self._parties.buyer and not has_copyright(annotation.cell.text):
                    continue
                candidates += [
                    (key, _Candidate(name, annotation.cell, self._score(name, key, annotation, index)))
                    for name in dict.fromkeys(possible_names(annotation))
                    if (key := _key(name))
                ]
        times = Counter(key for key, _ in {(key, candidate.cell.locator) for key, candidate in candidates})
        for key, candidate in candidates:
            candidate.score += self._weights["repeated"] * min(times[key] - 1, 2)
            yield candidate
        yield from self._named_sender()
        if not self._is_page:
            yield from self._names_of_hosts()
            yield from self._thanked_vendors()

    def _is_item(self, locator: str, index: int) -> bool:
        """Return whether a cell is among the items.

        Items name no vendor unless they say so: "Sold by: Nord".
        """
        parties = self._parties
        return index > _LETTERHEAD_LINES and locator in parties.items and locator not in parties.seller_name

    def _named_sender(self) -> Iterator[_Candidate]:
        """Yield the sender's name inside a sentence, as in "your order at Nord Books"."""
        sender = fold(self._sender_name)
        if len(self._sender) < _SHORT:
            return
        for line in self._marks.lines:
            for annotation in line:
                if (place := annotation.folded.find(sender)) >= 0:
                    name = annotation.cell.text[place : place + len(sender)]
                    yield _Candidate(name, annotation.cell, self._weights["named sender"])
                    return

    def _names_of_hosts(self) -> Iterator[_Candidate]:
        for name, host, cell, times in host_names_in_text(self._marks, self._hosts):
            share = self._hosts[host] / max(self._hosts.values())
            whole = _HOST_NAME_WHOLE if "." in name else 0.0
            score = _HOST_NAME * share + whole + _HOST_NAME_REPEATED * min(times, 4) + self._by_sender(_key(name))
            yield _Candidate(name, cell, score)

    def _thanked_vendors(self) -> Iterator[_Candidate]:
        """Yield the name in "Thank you for shopping at Nord Books!"."""
        for line in self._marks.lines[:_HEAD_LINES]:
            for annotation in line:
                for name in thanked_names(annotation):
                    yield _Candidate(name, annotation.cell, self._weights["thanks"] + self._by_sender(_key(name)))

    def _score(self, name: str, key: str, annotation: Annotation, index: int) -> float:
        reasons = self._reasons(name, key, annotation, index)
        return (
            sum(self._weights[reason] for reason in reasons) + self._by_sender(key) + self._by_place(annotation, index)
        )

    def _reasons(self, name: str, key: str, annotation: Annotation, index: int) -> Iterator[str]:
        """Yield the evidence for and against a name: its own form, then its place."""
        text = annotation.cell.text
        has_form = company_names.legal_form(name) is not None
        if has_form:
            yield "legal form"
        elif ":" in text and not terms_of(annotation.hits) & {Term.SELLER, Term.NAME}:
            yield "own label"
        elif company_names.is_sentence(name):
            yield "sentence"
        if company_names.is_addressee(name):
            yield "addressed"
        if any(_matches(key, host) for host in self._host_keys):
            yield "host"
        if not self._is_page and has_copyright(text):
            yield "copyright"
        yield from self._places(annotation, index)

    def _places(self, annotation: Annotation, index: int) -> Iterator[str]:
        parties, locator = self._parties, annotation.cell.locator
        if locator in parties.seller_name:
            yield "labelled"
        elif locator in parties.seller:
            yield "in seller's block"
        if locator in parties.items and locator not in parties.seller_name:
            yield "among items"
        elif locator in parties.return_address:
            yield "return address"
        elif company_names.is_address(annotation.cell.text) and not has_copyright(annotation.cell.text):
            yield "address"
        if locator in parties.beside_buyer:
            yield "beside buyer"
        if has_contact_below(self._marks, index, annotation):
            yield "contact below"
        elif has_tax_number_below(self._marks, index, annotation):
            yield "tax number below"
        if has_address_below(self._marks, index, annotation):
            yield "address below"

    def _by_sender(self, key: str) -> float:
        sender, weight = self._sender, self._weights["sender"]
        if len(sender) < _SHORT:  # initials are no name
            return 0.0
        if sender == key:
            return weight
        return weight / 2 if sender in key or (key in sender and len(key) > _SHORT) else 0.0

    def _by_place(self, annotation: Annotation, index: int) -> float:
        score = -min(index, _EARLY_LINES) / _EARLY_LINES * _EARLY
        cell = annotation.cell
        if self._is_page and cell.height >= _LARGE * self._usual_height:
            score += self._weights["large"] * min(cell.height / self._usual_height - 0.35, _LARGEST)
        if cell.page == 1 and cell.y0 < self._head:
            head = _HEAD_SCORE * (1 - cell.y0 / self._head / 2) + (_FIRST_SCORE if index < _FIRST_LINES else 0)
            score += head if self._is_page else head / 2
        return score


def _matches(key: str, host: str) -> bool:
    if len(host) <= _SHORT or len(key) < _SHORT:
        return host == key
    return host in key or (len(key) > _SHORT and key in host)


def _key(name: str) -> str:
    """Return a name's letters and digits without the legal form, for comparison."""
    bare = company_names.LEGAL_FORM.sub("", name)
    return re.sub(r"[\W_]", "", fold(bare))
