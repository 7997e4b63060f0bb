"""Normalisation of text before words are compared: lower case, without accents."""

import unicodedata


class _FoldTable(dict[int, str]):
    """The folded form of each character, computed on first use."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code))[:1].lower()
        self[code] = plain if len(plain) == 1 else chr(code)
        return self[code]


_FOLD_TABLE = _FoldTable({ord("ł"): "l", ord("Ł"): "l"})


def fold(text: str) -> str:
    """Return the text in lower case without accents.

    It keeps one character for each, so that positions stay the same.
    """
    return text.lower() if text.isascii() else text.translate(_FOLD_TABLE)
