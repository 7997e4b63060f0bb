"""The six languages of the samples, by ISO 639 code."""

from samples.language.base import Labels, Language, Prose
from samples.language.de import GERMAN
from samples.language.en import ENGLISH
from samples.language.es import SPANISH
from samples.language.fr import FRENCH
from samples.language.it import ITALIAN
from samples.language.nl import DUTCH

LANGUAGES = {language.code: language for language in (ENGLISH, GERMAN, FRENCH, ITALIAN, SPANISH, DUTCH)}

__all__ = ["LANGUAGES", "Labels", "Language", "Prose"]
