"""The words of invoices by language, and their search in text.

A language is one file that assigns words to each `Term`. `fields/label_meaning.py` decides what a
label means by its terms, so that a new wording, word order or language needs words alone.
"""

from services.scanner.extract.lexicon.languages import LANGUAGES, languages_of
from services.scanner.extract.lexicon.matching import Hit, Lexicon, lexicon_of, words_in
from services.scanner.extract.lexicon.terms import Term

__all__ = ["LANGUAGES", "Hit", "Lexicon", "Term", "languages_of", "lexicon_of", "words_in"]
