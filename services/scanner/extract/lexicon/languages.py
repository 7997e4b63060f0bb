"""The known languages, and detection of a document's languages."""

from collections.abc import Iterable

from services.scanner.extract.lexicon import cs, da, de, en, es, fi, fr, it, nb, nl, pl, pt, sv
from services.scanner.extract.lexicon.normalise import fold
from services.scanner.extract.lexicon.terms import Term, Words

LANGUAGES: dict[str, Words] = {
    "cs": cs.WORDS,
    "da": da.WORDS,
    "de": de.WORDS,
    "en": en.WORDS,
    "es": es.WORDS,
    "fi": fi.WORDS,
    "fr": fr.WORDS,
    "it": it.WORDS,
    "nb": nb.WORDS,
    "nl": nl.WORDS,
    "pl": pl.WORDS,
    "pt": pt.WORDS,
    "sv": sv.WORDS,
}
"""Words by ISO 639 code."""
ALWAYS_INCLUDED = "en"
"""English is used on invoices of every country."""

_NEAR_BEST = 0.6
_MIN_KNOWN_WORDS = 3


def _words_of(words: Words) -> frozenset[str]:
    telling = (phrases for term, phrases in words.items() if term is not Term.OTHER_DOCUMENT)
    split = (fold(phrases).replace(",", " ").split() for phrases in telling)
    return frozenset(word for words in split for word in words if len(word) > 1)


_WORDS = {code: _words_of(words) for code, words in LANGUAGES.items()}


def languages_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the languages of these folded words, the likeliest first.

    Returns all languages if few words are known.
    """
    present = set(words)
    scores = {code: len(known & present) for code, known in _WORDS.items()}
    best = max(scores.values())
    if best < _MIN_KNOWN_WORDS:
        return tuple(LANGUAGES)
    near = [code for code, score in scores.items() if score >= _NEAR_BEST * best or code == ALWAYS_INCLUDED]
    return tuple(sorted(near, key=lambda code: (-scores[code], code)))
