"""Names that a cell may hold: behind labels, in copyright notices and in thanks."""

import re
from collections.abc import Iterator

from services.scanner.extract.fields import company_names
from services.scanner.extract.fields.annotated_text import Annotation
from services.scanner.extract.lexicon import Term

_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|℗)\s*(?:\d{4}(?:\s?[-\u2013]\s?\d{4})?,?\s*)?(?:by )?"
    r"(?P<name>[A-Z][\w&.'()/ -]{1,50}?(?:,? (?:Inc|LLC|Ltd|GmbH)\.?)?)"
    r"(?=,\s(?!(?:Inc|LLC|Ltd|Limited|L\.L\.C)\b)|[,;]?\s*(?:$|all rights|alle|tous|\.(?:\s|$)|\||•|-|inc\b|\d{4}))",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s+\([^()]+\)$")
"""A remark behind a name, as in "Sold by: Nord Books (profile)"."""
_LONGEST_FORM = 16
_THANKS = re.compile(
    r"\b(?:thank|thanks|danke|dank|bedankt|merci|grazie|gracias|obrigad|tack|takk?|kiitos|dziękuj|děkuj)", re.IGNORECASE
)
_THANKED = re.compile(
    r"\b(?:at|from|with|using|bei|von|chez|sur|su|da|en|bij|van|op|hos|från|fra|na|od|sklepie|no)\s+"
    r"(?P<name>[A-Z0-9][\w.'\u2019-]*(?:\s(?:&\s)?[A-Z0-9&][\w.'\u2019-]*){0,3})(?=[!.,;:]|\s*$)"
)
_READ = 200
_TITLES = frozenset({Term.INVOICE, Term.RECEIPT, Term.CREDIT})


def has_copyright(text: str) -> bool:
    """Return whether a text may hold a copyright notice."""
    return "©" in text or "(c)" in text or "opyright" in text or "℗" in text


def possible_names(annotation: Annotation) -> Iterator[str]:
    """Yield the names in a cell in order, those of copyright notices first."""
    text = annotation.cell.text[:_READ]
    if has_copyright(text):
        yield from (company_names.clean_name(_with_form(match, text)) for match in _COPYRIGHT.finditer(text))
    text = text[_label_end(annotation) :]
    if company_names.has_date(text) or (text.rstrip().endswith(":") and company_names.legal_form(text) is None):
        return
    for name in company_names.split_names(text):
        form = company_names.legal_form(name)
        if form is not None and form.end() < len(name):
            head = company_names.clean_name(name[: form.end()])
            if company_names.may_be_name(head):
                yield head
                continue
        plain = _REMARK.sub("", name)
        if plain != name and form is None and company_names.may_be_name(plain, annotation):
            yield plain
        elif company_names.may_be_name(name, annotation):
            yield name


def thanked_names(annotation: Annotation) -> Iterator[str]:
    """Yield the name behind "at" or "from" in a sentence of thanks for an order."""
    text = annotation.cell.text[:_READ]
    if _THANKS.search(text):
        for match in _THANKED.finditer(text):
            name = company_names.clean_name(match["name"])
            if company_names.may_be_name(name, annotation):
                yield name


def _with_form(match: re.Match[str], text: str) -> str:
    """Return a name up to its legal form, whose full stops end no sentence: "Nord Sp. z o.o."."""
    start, end = match.span("name")
    form = company_names.legal_form(text[start : end + _LONGEST_FORM])
    return (
        text[start : max(end, start + form.end())]
        if form is not None and start + form.start() <= end
        else text[start:end]
    )


def _label_end(annotation: Annotation) -> int:
    """Return where the name begins: behind "Sold by", "Name:", or a title beside the letterhead."""
    text = annotation.cell.text
    end = 0
    for place, hit in enumerate(annotation.hits):
        if hit.start > end + 1:
            break
        spoken = " " in annotation.folded[hit.start : hit.end] or end > 0  # "sold by": no name begins so
        labelled = hit.terms & {Term.SELLER, Term.NAME} and (spoken or text[hit.end :].lstrip().startswith(":"))
        titled = (
            place == 0
            and hit.terms & _TITLES
            and (_continues(annotation, hit.end) or company_names.legal_form(text[hit.end :]))
        )
        if not (labelled or titled):
            break
        end = hit.end
    return end


def _continues(annotation: Annotation, end: int) -> bool:
    """Return whether a word such as "from" follows."""
    return any(hit.start == end + 1 and Term.SELLER in hit.terms for hit in annotation.hits)
