"""Blocks of a document that belong to the seller or the buyer, and the table of items."""

import re
from dataclasses import dataclass, field

from services.scanner.extract.fields import company_names
from services.scanner.extract.fields.annotated_text import AnnotatedText, Annotation
from services.scanner.extract.fields.label_meaning import MAX_LABEL, terms_of
from services.scanner.extract.lexicon import Term

_BLOCK_CELLS = 6
_CONTACT = re.compile(r"@|www\.|https?://|\+\d{2}[ (]?\d")
_PRICE = re.compile(r"\d[.,]\d\d(?!\d|[.,/]\d)")
_ITEM_HEADS = 2
_RETURN_ADDRESS = re.compile(r"[·•|,;\u2013-]")
_RETURN_PARTS = 3
"""Parts of a return address: name, street and town."""
_PARTIES = frozenset({Term.BUYER, Term.SELLER})
_NO_PARTY = frozenset(
    {Term.DATE, Term.NUMBER, Term.TAX_ID, Term.OTHER_ID, Term.AMOUNT, Term.TOTAL, Term.REFERENCE, Term.PAYABLE}
)
_LETTER_LINES = 12
_CONTACT_TERMS = frozenset({Term.CONTACT, Term.TAX_ID})


@dataclass(slots=True)
class Parties:
    """Locators of cells by the block that they are in."""

    seller: set[str] = field(default_factory=set)
    seller_name: set[str] = field(default_factory=set)
    """The name in a labelled block of the seller."""
    buyer: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    beside_buyer: set[str] = field(default_factory=set)
    """The start of the block beside the buyer's: if only one of the two is labelled, the other is
    the seller's."""
    return_address: set[str] = field(default_factory=set)
    """Name, street and town in one small line above the window of an envelope."""


def find_parties(annotated: AnnotatedText) -> Parties:
    """Find the parties by labels and by the shape of address blocks."""
    parties = Parties()
    _find_items(annotated, parties)
    for index, line in enumerate(annotated.lines):
        for position, annotation in enumerate(line):
            party = _party_label(annotation)
            if party is Term.BUYER:
                parties.buyer.update(_block(annotated, index, position, annotation))
                parties.beside_buyer.update(other.cell.locator for other in _left_of(annotated, index, annotation))
            elif party is Term.SELLER:
                block = [
                    locator
                    for locator in _block(annotated, index, position, annotation)
                    if locator not in parties.buyer
                ]
                parties.seller.update(block)
                parties.seller_name.update(_first_names(annotated, index, position, annotation))
            _find_return_address(annotated, index, annotation, parties)
    parties.seller_name -= parties.buyer
    parties.beside_buyer -= parties.buyer
    parties.seller -= parties.buyer
    return parties


def _party_label(annotation: Annotation) -> Term | None:
    """Return the party whose block a cell opens.

    Its first word says so, and little else follows but a name.
    """
    if not annotation.hits or annotation.hits[0].start > 2:
        return None
    first = annotation.hits[0]
    if len(annotation.folded) > MAX_LABEL and not annotation.folded.startswith(":", first.end):
        return None
    if terms_of(annotation.hits[1:]) & _NO_PARTY or (first.terms & _NO_PARTY and not first.terms & _PARTIES):
        return None
    rest = annotation.folded[first.end :].strip()
    if (
        rest
        and rest[0] != ":"
        and " " not in annotation.folded[first.start : first.end]
        and company_names.legal_form(annotation.cell.text)
    ):
        return None  # a company whose name begins with such a word
    ambiguous = Term.FILLER in first.terms or len(first.terms) > 1
    for party in (Term.BUYER, Term.SELLER):
        if party in first.terms and (not rest or rest[0] in ":(" or not ambiguous):
            other = Term.SELLER if party is Term.BUYER else Term.BUYER
            if other in first.terms and ambiguous and not rest.startswith(":") and rest:
                continue
            return party
    return None


def _block(annotated: AnnotatedText, index: int, position: int, annotation: Annotation) -> list[str]:
    """Return the cells of the block that a label opens: itself, the one beside it, and those
    below."""
    line = annotated.lines[index]
    locators = [annotation.cell.locator]
    under = annotated.below(index, annotation.cell, at_most=_BLOCK_CELLS)
    beside = line[position + 1] if position + 1 < len(line) and _party_label(line[position + 1]) is None else None
    if annotation.folded.rstrip().endswith(":") and beside is not None and not beside.is_label:
        locators.append(beside.cell.locator)
        locators += [below.cell.locator for _, below in annotated.below(index, beside.cell, at_most=_BLOCK_CELLS - 2)]
    complete = False
    for row, below in under:
        if _party_label(below) is not None and below.cell.locator not in locators:
            break
        if complete and not terms_of(below.hits) & _CONTACT_TERMS:
            break
        locators.append(below.cell.locator)
        if (
            below.is_label
            and not any(map(str.isdigit, below.folded))
            and (value := _right_of(annotated, row, below)) is not None
        ):
            locators.append(value.cell.locator)
        complete = complete or bool(company_names.POSTCODE.search(below.cell.text) and len(locators) > 3)
    return locators


def _left_of(annotated: AnnotatedText, index: int, label: Annotation) -> list[Annotation]:
    """Return the first cell in the line of a label, if it is in another column."""
    first = annotated.lines[index][0]
    if first is label or _party_label(first) is not None or first.cell.in_column_of(label.cell):
        return []
    return [first]


def _first_names(annotated: AnnotatedText, index: int, position: int, annotation: Annotation) -> list[str]:
    """Return the place of a labelled party's name: behind the label, beside it, or below."""
    rest = annotation.cell.text[annotation.hits[0].end :].strip(" :.-")
    if rest and company_names.may_be_name(company_names.clean_name(rest)):
        return [annotation.cell.locator]
    line = annotated.lines[index]
    if position + 1 < len(line) and annotation.folded.rstrip().endswith(":"):
        beside = line[position + 1]
        if _party_label(beside) is None and company_names.may_be_name(
            company_names.clean_name(beside.cell.text), beside
        ):
            return [beside.cell.locator]
    for row, below in annotated.below(index, annotation.cell, at_most=4):
        if _party_label(below) is not None:
            break
        if below.is_label and below.unknown == 0:
            value = _right_of(annotated, row, below)
            if Term.NAME in terms_of(below.hits) and value is not None:
                return [value.cell.locator]
            continue
        if company_names.may_be_name(company_names.clean_name(below.cell.text), below):
            return [below.cell.locator]
    return []


def _right_of(annotated: AnnotatedText, index: int, annotation: Annotation) -> Annotation | None:
    line = annotated.lines[index]
    position = line.index(annotation) + 1
    return line[position] if position < len(line) else None


def _find_items(annotated: AnnotatedText, parties: Parties) -> None:
    """Add the rows between the headings of a table of items and the first total."""
    inside = False
    for line in annotated.lines:
        if any(_PRICE.search(annotation.cell.text) for annotation in line):
            parties.items.update(annotation.cell.locator for annotation in line)
        terms = terms_of(hit for annotation in line for hit in annotation.hits)
        if not inside and Term.UNIT in terms and sum(map(_is_column_heading, line)) >= _ITEM_HEADS:
            inside = True
        elif inside and terms & {Term.TOTAL, Term.SUBTOTAL, Term.GRAND, Term.PAYABLE, Term.NET} and line:
            inside = False
        if inside:
            parties.items.update(annotation.cell.locator for annotation in line)


def _is_column_heading(annotation: Annotation) -> bool:
    return bool(terms_of(annotation.hits) & {Term.UNIT, Term.AMOUNT, Term.TAX, Term.TOTAL})


def _find_return_address(annotated: AnnotatedText, index: int, annotation: Annotation, parties: Parties) -> None:
    text = annotation.cell.text
    if not any(map(str.isdigit, text)) or text[:1].isdigit():
        return
    first, *rest = _RETURN_ADDRESS.split(text, maxsplit=1)
    name = company_names.clean_name(first)
    if not rest or not company_names.POSTCODE.search(text) or not company_names.may_be_name(name, annotation):
        return
    if len(_RETURN_ADDRESS.findall(text)) < _RETURN_PARTS - 1 and company_names.legal_form(name) is None:
        return  # a district and its town
    parties.return_address.add(annotation.cell.locator)
    if index < _LETTER_LINES:
        below = [under for _, under in annotated.below(index, annotation.cell, at_most=_BLOCK_CELLS)]
        # The window of the envelope shows the recipient below; elsewhere this is a letterhead.
        if any(company_names.is_address(under.cell.text) for under in below[1:5]) and not any(
            map(_is_contact, below[:2])
        ):
            for under in below:
                parties.buyer.add(under.cell.locator)
                if company_names.POSTCODE.search(under.cell.text):
                    break


def has_contact_below(annotated: AnnotatedText, index: int, annotation: Annotation) -> bool:
    """Return whether a block has a telephone number, mail or web address, as the seller's does."""
    block = [below for _, below in annotated.below(index, annotation.cell, at_most=_BLOCK_CELLS)]
    return any(_CONTACT.search(below.cell.text) or Term.CONTACT in terms_of(below.hits) for below in block)


def has_tax_number_below(annotated: AnnotatedText, index: int, annotation: Annotation) -> bool:
    """Return whether a block has a tax number, as the buyer's may, too."""
    block = annotated.below(index, annotation.cell, at_most=_BLOCK_CELLS)
    return any(Term.TAX_ID in terms_of(below.hits) for _, below in block)


def has_address_below(annotated: AnnotatedText, index: int, annotation: Annotation) -> bool:
    """Return whether a street or town stands below a cell."""
    return any(
        company_names.is_address(below.cell.text) for _, below in annotated.below(index, annotation.cell, at_most=3)
    )


def _is_contact(annotation: Annotation) -> bool:
    return bool(_CONTACT.search(annotation.cell.text) or terms_of(annotation.hits) & _CONTACT_TERMS)
