"""Meaning of a label by its terms: which amount, number or date; the same rules in all
languages."""

from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise

from services.scanner.extract.lexicon import Hit, Term

MAX_LABEL = 60
"""Characters of a label, at most; longer text is a sentence that happens to hold the word."""
MAX_UNKNOWN = 3
"""Unknown words in a label, at most; a text with more is a sentence."""

Terms = frozenset[Term]


class AmountKind(StrEnum):
    """Kind of the amount beside a label."""

    NET = "net"
    TAX = "tax"
    TOTAL = "total"
    PAID = "paid"
    OTHER = "other"


CLEAR = 4.0
"""Clarity of a label that is unmistakable: "invoice total", "total incl. VAT"."""
STRONG = 3.0
WEAK = 2.0
VAGUE = 1.0

_SUMS = frozenset({Term.TOTAL, Term.GRAND, Term.AMOUNT, Term.PAYABLE})
_PRICES = frozenset({Term.UNIT, Term.GROSS, Term.NET})
_NO_AMOUNT = frozenset({Term.OTHER_ID, Term.TAX_ID, Term.NUMBER, Term.REFERENCE})


def terms_of(hits: Iterable[Hit]) -> Terms:
    """Return all terms of a label's words; a word that can be a mere filler counts as one."""
    terms: set[Term] = set()
    for hit in hits:
        if Term.FILLER not in hit.terms or Term.NUMBER in hit.terms:
            terms |= hit.terms
    return frozenset(terms)


def amount_kind(terms: Terms) -> tuple[AmountKind, float] | None:  # noqa: C901 - one rule a line, in order
    """Return the kind of amount that a label means, and its clarity; None if it means none."""
    if not terms or (terms & _NO_AMOUNT and not terms & (_SUMS | {Term.TAX, Term.ADJUSTMENT})):
        return None
    summed = bool(terms & {Term.TOTAL, Term.GRAND})
    if Term.SUBTOTAL in terms:
        if Term.GROSS in terms:
            return AmountKind.OTHER, WEAK
        return AmountKind.NET, STRONG if Term.NET in terms else WEAK
    if Term.PAYABLE in terms:
        return AmountKind.TOTAL, STRONG
    if Term.PAID in terms and Term.ADJUSTMENT in terms and not summed:
        return AmountKind.PAID, WEAK
    if Term.ADJUSTMENT in terms and not (Term.GROSS in terms and summed) and Term.GRAND not in terms:
        return AmountKind.OTHER, WEAK
    if Term.UNIT in terms and not summed:
        if terms & {Term.GROSS, Term.NET} and not terms & {Term.AMOUNT, Term.TAX} and terms <= _PRICES:
            # "Price incl. VAT" heads a column of items mostly, and may stand before the total.
            return (AmountKind.TOTAL if Term.GROSS in terms else AmountKind.NET), VAGUE
        return AmountKind.OTHER, VAGUE
    if Term.NET in terms and Term.GROSS not in terms:
        return AmountKind.NET, CLEAR if summed or Term.AMOUNT in terms else STRONG
    if Term.GROSS in terms and Term.NET not in terms:
        if terms & _SUMS:
            return AmountKind.TOTAL, CLEAR
        # "incl. VAT 19.00" states the tax in the total; "gross 119.00" the total.
        return (AmountKind.TAX, VAGUE) if Term.TAX in terms else (AmountKind.TOTAL, STRONG)
    if Term.DUE in terms and terms & _SUMS:
        return AmountKind.TOTAL, STRONG
    if Term.TAX in terms and not terms & {Term.GRAND, Term.INVOICE}:
        return AmountKind.TAX, STRONG if terms & {Term.TOTAL, Term.AMOUNT} else WEAK
    if Term.PAID in terms:
        return AmountKind.PAID, WEAK
    if summed or (Term.AMOUNT in terms and Term.INVOICE in terms):
        clear = terms & {Term.GRAND, Term.INVOICE, Term.ORDER, Term.RECEIPT} or terms >= {Term.TOTAL, Term.AMOUNT}
        return AmountKind.TOTAL, STRONG + 0.5 if clear else WEAK
    if Term.AMOUNT in terms:
        return AmountKind.TOTAL, VAGUE
    return None


RANK_INVOICE_NUMBER = 5
"""Rank of a label such as "invoice no."."""
RANK_DOCUMENT_NUMBER = 3
"""Rank of any label that names a kind of document and a number."""

_NOT_THE_NUMBER = frozenset({Term.OTHER_ID, Term.TAX_ID, Term.BUYER, Term.SELLER, Term.OTHER_DOCUMENT})
_DOCUMENT_TERMS = frozenset({Term.INVOICE, Term.CREDIT, Term.RECEIPT})
_NOT_ALONE = (
    frozenset({Term.DATE, Term.ISSUED, Term.DUE, Term.OTHER_DATE, Term.UNIT, Term.TAX, Term.PAID, Term.CUSTOMER})
    | _SUMS
)


def number_rank(hits: list[Hit]) -> int:
    """Return how surely a label precedes the document's number: 5 is the best, 0 means not at
    all."""
    # A word that also names a kind of document ("ticket", "voucher") means the document here.
    hits = [
        hit._replace(terms=hit.terms - _NOT_THE_NUMBER)
        if hit.terms & _DOCUMENT_TERMS and hit.terms & _NOT_THE_NUMBER
        else hit
        for hit in hits
    ]
    terms = terms_of(hits)
    documents = terms & {Term.INVOICE, Term.CREDIT}
    if not documents and terms & (_NOT_THE_NUMBER | {Term.CUSTOMER}):
        return 0
    if Term.NUMBER in terms:
        if terms & {Term.DATE, Term.DUE, Term.UNIT} and not documents:
            return 0
        if documents and Term.ORDER in terms and _of_order(hits):
            return RANK_DOCUMENT_NUMBER
        if documents:
            return (
                0
                if terms & _NOT_THE_NUMBER - {Term.BUYER, Term.SELLER} and not _adjacent(hits)
                else RANK_INVOICE_NUMBER
            )
        if Term.RECEIPT in terms or Term.DOCUMENT in terms:
            return 4
        if Term.ORDER in terms:
            return RANK_DOCUMENT_NUMBER
        return 2
    if documents and not terms & (_NOT_ALONE | _NOT_THE_NUMBER):
        return 4 if Term.REFERENCE in terms else 2
    if terms & {Term.RECEIPT, Term.ORDER} and not terms & _NOT_ALONE:
        return 3 if Term.REFERENCE in terms else 1
    return 1 if terms == {Term.REFERENCE} else 0


def _of_order(hits: list[Hit]) -> bool:
    """Return whether the label's number is the order's.

    "Invoice for order no." names the order, "order: invoice no." the invoice.
    """
    last = next((at for at in range(len(hits) - 1, -1, -1) if Term.NUMBER in hits[at].terms), 0)
    named = [hit.terms for hit in hits[: last + 1] if hit.terms & (_DOCUMENT_TERMS | {Term.ORDER})]
    return bool(named) and Term.ORDER in named[-1] and not named[-1] & _DOCUMENT_TERMS


def _adjacent(hits: list[Hit]) -> bool:
    """Return whether the word for "number" follows the document's name.

    "Invoice no. and account" names the invoice's number.
    """
    for before, after in pairwise(hits):
        if before.terms & {Term.INVOICE, Term.CREDIT} and Term.NUMBER in after.terms:
            return True
    return any({Term.INVOICE, Term.NUMBER} <= hit.terms for hit in hits)


class DateKind(StrEnum):
    """Kind of the date beside a label."""

    ISSUED = "issued"
    DUE = "due"
    OTHER = "other"


def date_kind(terms: Terms) -> tuple[DateKind, float] | None:
    """Return the kind of date that a label means, and the score (up to 1); None if it means
    none."""
    document = terms & {Term.INVOICE, Term.CREDIT, Term.RECEIPT, Term.DOCUMENT}
    dated = terms & {Term.DATE, Term.ISSUED}
    if Term.NUMBER in terms and not terms & {Term.DATE, Term.ISSUED, Term.DUE}:
        return None
    if Term.DUE in terms or (Term.PAYABLE in terms and dated):
        return (DateKind.DUE, 1.0) if Term.OTHER_DATE not in terms or Term.PAYABLE in terms else (DateKind.OTHER, 0.5)
    if Term.OTHER_DATE in terms and not document and Term.ISSUED not in terms:
        return DateKind.OTHER, 1.0
    if document and dated:
        return (DateKind.ISSUED, 1.0) if Term.OTHER_DATE not in terms else (DateKind.OTHER, 0.5)
    if Term.ISSUED in terms:
        return DateKind.ISSUED, 0.95
    if terms & {Term.OTHER_DOCUMENT, Term.OTHER_ID, Term.CUSTOMER} and not document:
        return DateKind.OTHER, 0.5
    if Term.ORDER in terms or Term.PAID in terms:
        return DateKind.ISSUED, 0.6 if Term.DATE in terms else 0.5
    if Term.DATE in terms:
        return DateKind.ISSUED, 0.8
    return (DateKind.ISSUED, 0.4) if document and not terms & _SUMS else None
