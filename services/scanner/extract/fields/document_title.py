"""Title of a document: invoice, receipt, order, or something that only looks like an invoice."""

from typing import NamedTuple

from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.label_meaning import terms_of
from services.scanner.extract.lexicon import Hit, Term, lexicon_of
from services.scanner.extract.lexicon.normalise import fold
from shared.invoice_types import InvoiceKind

_TITLE_LINES = 40
_TITLE_LENGTH = 45
_SUBJECT_WORDS = 4
_HEADING_WORDS = 1
"""Unknown words that a heading may have, at most."""
_INVOICE_TERMS = frozenset({Term.INVOICE, Term.RECEIPT, Term.CREDIT})
_NO_HEADING = frozenset({Term.NUMBER, Term.DATE, Term.TOTAL, Term.AMOUNT, Term.OTHER_ID, Term.BUYER, Term.PAYABLE})


class DocumentTitle(NamedTuple):
    """What the headings of a document and the message's subject say."""

    says_invoice: bool
    says_order: bool
    says_other: bool
    is_other: bool
    """Its heading names another kind of document, whatever the text below says."""
    is_heading: bool
    """A heading or the subject calls it an invoice or a receipt, and not only in passing."""
    kind: InvoiceKind


def find_title(annotated: AnnotatedText, subject: str | None) -> DocumentTitle:
    """Find the title in short cells near the top; a sentence that mentions an invoice is no
    title."""
    short = [annotation for line in annotated.lines[:_TITLE_LINES] for annotation in line if _is_short(annotation)]
    about, unknown = lexicon_of(annotated.languages).hits(fold(subject or ""))
    first_bill = next(
        (
            at
            for at, annotation in enumerate(short)
            if _says(annotation.hits, _INVOICE_TERMS) and not _mentions(annotation)
        ),
        len(short),
    )
    first_other = _first(short, frozenset({Term.OTHER_DOCUMENT}))
    headings = [annotation for annotation in short if _is_heading(annotation)]
    first_heading = headings[0] if headings else None
    says_order = any(_says(annotation.hits, frozenset({Term.ORDER})) for annotation in short) or _says(
        about, frozenset({Term.ORDER})
    )
    is_other = (
        first_heading is not None
        and _is_other_title(first_heading)
        and not any(_says(annotation.hits, _INVOICE_TERMS) and not annotation.unknown for annotation in headings)
    ) or (unknown <= _HEADING_WORDS and first_bill == len(short) and _says(about, frozenset({Term.OTHER_DOCUMENT})))
    return DocumentTitle(
        says_invoice=first_bill < len(short) or _says(about, _INVOICE_TERMS),
        says_order=says_order,
        says_other=first_other < first_bill,
        is_other=is_other,
        is_heading=any(_says(annotation.hits, _INVOICE_TERMS) for annotation in headings)
        or (_says(about, _INVOICE_TERMS) and unknown <= _SUBJECT_WORDS),
        kind=_kind(headings, short, first_bill, says_order=says_order),
    )


def _kind(headings: list[Annotation], short: list[Annotation], first_bill: int, *, says_order: bool) -> InvoiceKind:
    for annotation in (*headings, *short[first_bill : first_bill + 1]):
        if _says(annotation.hits, frozenset({Term.CREDIT})):
            return "credit_note"
        if _says(annotation.hits, frozenset({Term.INVOICE})):
            return "invoice"
        if _says(annotation.hits, frozenset({Term.RECEIPT})):
            return "receipt"
    return "receipt" if says_order and first_bill == len(short) else "invoice"


def _mentions(annotation: Annotation) -> bool:
    """Return whether a text only mentions an invoice, as "Client invoice payment" does."""
    return bool(
        terms_of(annotation.hits) & {Term.PAID, Term.CUSTOMER}
        and not terms_of(annotation.hits) & {Term.NUMBER, Term.DATE, Term.RECEIPT}
    )


def _is_short(annotation: Annotation) -> bool:
    return bool(annotation.hits) and (
        len(annotation.folded) <= _TITLE_LENGTH
        or bool(annotation.hits[0].start == 0 and annotation.hits[0].terms & _INVOICE_TERMS)
    )


def _is_heading(annotation: Annotation) -> bool:
    if annotation.unknown > _HEADING_WORDS or len(annotation.folded) > _TITLE_LENGTH:
        return False
    return _is_other_title(annotation) or (
        _says(annotation.hits, _INVOICE_TERMS) and not terms_of(annotation.hits) & _NO_HEADING
    )


def _is_other_title(annotation: Annotation) -> bool:
    """Return whether a cell is the heading of another kind of document.

    "Delivery note 17" is one; "Delivery note: 17" and "Delivery note no." only refer to one.
    """
    first = annotation.hits[0]
    behind = annotation.folded[first.end :].lstrip()
    return (
        Term.OTHER_DOCUMENT in first.terms
        and not any(map(str.isalpha, annotation.folded[: first.start]))
        and behind[:1] != ":"
        and not (terms_of(annotation.hits[1:]) | (terms_of(annotation.hits[:1]) - {Term.OTHER_ID})) & _NO_HEADING
    )


def _first(short: list[Annotation], terms: frozenset[Term]) -> int:
    return next((index for index, annotation in enumerate(short) if _says(annotation.hits, terms)), len(short))


def _says(hits: list[Hit], terms: frozenset[Term]) -> bool:
    """Return whether one of these documents is named.

    A word that also names a number or a person does not count.
    """
    return any(hit.terms & terms and not hit.terms & {Term.OTHER_ID, Term.TAX_ID, Term.BUYER} for hit in hits)
