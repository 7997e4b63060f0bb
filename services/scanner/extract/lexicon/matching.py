"""Search for the phrases of some languages in folded text, by a table of words."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from services.scanner.extract.lexicon.languages import LANGUAGES
from services.scanner.extract.lexicon.normalise import fold
from services.scanner.extract.lexicon.terms import Term

_WORD = re.compile(r"[^\W\d_]+|\d+|[#°%(]")
_LINKS = ("", "s", "n", "e", "en", "es", "r")
"""Letters between the parts of a compound, as in "rechnungSnummer" or "laskuNnumero"."""
_SHORTEST_PART = 4
_SHORTEST_HEAD = 5
_LONGEST_COMPOUND = 40
_MAX_CACHE = 20_000
_HEADS = frozenset({Term.INVOICE, Term.RECEIPT, Term.CREDIT})

Terms = frozenset[Term]
_NOTHING: Terms = frozenset()


class Hit(NamedTuple):
    """A phrase found in a text, its position, and all terms that it can stand for."""

    start: int
    end: int
    terms: Terms


@cache
def _phrases_of(language: str) -> list[tuple[tuple[str, ...], Term]]:
    return [
        (words, term)
        for term, phrases in LANGUAGES[language].items()
        for phrase in fold(phrases).split(",")
        if (words := tuple(_WORD.findall(phrase)))
    ]


class Lexicon:
    """The phrases of some languages together."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._phrases: dict[str, list[tuple[list[str], Terms]]] = {}
        self._single: dict[str, Terms] = {}
        self._compounds: dict[str, Terms] = {}
        merged: dict[tuple[str, ...], set[Term]] = {}
        for language in languages:
            for words, term in _phrases_of(language):
                merged.setdefault(words, set()).add(term)
        for words, term in _TITLES.items():
            merged.setdefault(words, {term})
        for words, meanings in merged.items():
            terms = frozenset(meanings)
            self._phrases.setdefault(words[0], []).append((list(words), terms))
            if len(words) == 1:
                self._single[words[0]] = terms
        for entries in self._phrases.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def hits(self, folded: str) -> tuple[list[Hit], int]:
        """Return the phrases in a folded text from left to right, and its number of unknown
        words.

        At each place the longest phrase counts.
        """
        return self.hits_in(words_in(folded))

    def hits_in(self, matches: list[re.Match[str]]) -> tuple[list[Hit], int]:
        """Return the same as `hits`, for a text that is already split into words."""
        words = [match.group() for match in matches]
        hits: list[Hit] = []
        unknown = 0
        at, count = 0, len(words)
        while at < count:
            word = words[at]
            for phrase, terms in self._phrases.get(word, ()):
                length = len(phrase)
                if length == 1 or words[at : at + length] == phrase:
                    hits.append(Hit(matches[at].start(), matches[at + length - 1].end(), terms))
                    at += length
                    break
            else:
                if word.isalpha():
                    if terms := self._compound(word):
                        hits.append(Hit(matches[at].start(), matches[at].end(), terms))
                    else:
                        unknown += 1
                at += 1
        return hits, unknown

    def _compound(self, word: str) -> Terms:
        """Return the terms of an unlisted word by its parts.

        German, Dutch and the Nordic languages build such compounds.
        """
        if not _SHORTEST_PART < len(word) <= _LONGEST_COMPOUND:
            return _NOTHING
        known = self._compounds.get(word)
        if known is None:
            if len(self._compounds) > _MAX_CACHE:
                self._compounds.clear()
            known = self._compounds[word] = self._parts(word) or self._compound_head(word)
        return known

    def _parts(self, word: str, depth: int = 0) -> Terms:
        if depth > 2:  # parts
            return _NOTHING
        for cut in range(len(word) - 2, 2, -1):
            first = self._single.get(word[:cut])
            if first is None:
                continue
            for link in _LINKS:
                if not word.startswith(link, cut):
                    continue
                rest = word[cut + len(link) :]
                second = self._single.get(rest) or (
                    self._parts(rest, depth + 1) if len(rest) > _SHORTEST_PART else None
                )
                if not second:
                    continue
                numbers = second & {Term.NUMBER, Term.DATE}
                if numbers and (len(rest) >= _SHORTEST_PART or cut > _SHORTEST_PART):
                    return first | second
                if min(cut, len(rest)) >= _SHORTEST_PART:
                    return first | second
        return _NOTHING

    def _compound_head(self, word: str) -> Terms:
        """Return the terms of a compound's last part: "Stromrechnung" is a "Rechnung"."""
        for cut in range(3, len(word) - _SHORTEST_HEAD + 1):
            terms = self._single.get(word[cut:])
            if terms and terms & _HEADS:
                return terms
        return _NOTHING


_SHORTEST_TITLE = 6
_TITLES = {
    words: Term.INVOICE
    for language in LANGUAGES.values()
    for phrase in language[Term.INVOICE].split(",")
    if len(words := tuple(_WORD.findall(fold(phrase)))) == 1 and len(words[0]) >= _SHORTEST_TITLE
}
"""Names of an invoice, known in any language: a form may be titled in one language and filled in
another."""


@lru_cache(maxsize=64)
def lexicon_of(languages: tuple[str, ...]) -> Lexicon:
    """Return the lexicon of these languages, built once."""
    return Lexicon(languages)


def words_in(folded: str) -> list[re.Match[str]]:
    """Return the words, numbers and signs of a folded text, with their positions."""
    return list(_WORD.finditer(folded))
