"""Puts XML elements into a draft: the small steps that UBL and CII share."""

from services.scanner.extract.einvoice import xml_tree
from services.scanner.extract.einvoice.xml_tree import Element, Step
from services.scanner.extract.fields import iban
from services.scanner.extract.invoice_draft import InvoiceDraft

STATED = 0.99
"""Confidence of a value that the invoice states as data."""
SUBSTITUTE = 0.85
"""Confidence of a value taken from a neighbouring term because the proper one is missing."""


def put_text(draft: InvoiceDraft, field: str, element: Element | None, confidence: float = STATED) -> None:
    """The element's text, if there is one."""
    if element is not None:
        text = xml_tree.text_of(element)
        draft.put(field, text, locator=xml_tree.locator(element), text=text, confidence=confidence)


def put_amount(draft: InvoiceDraft, field: str, element: Element | None, confidence: float = STATED) -> None:
    """The element's text as an amount."""
    if element is not None:
        text = xml_tree.text_of(element)
        value = xml_tree.parse_decimal(text)
        draft.put(field, value, locator=xml_tree.locator(element), text=text, confidence=confidence)


def put_date(draft: InvoiceDraft, field: str, element: Element | None) -> None:
    """The element's text as a date."""
    if element is not None:
        text = xml_tree.text_of(element)
        value = xml_tree.parse_date(text)
        draft.put(field, value, locator=xml_tree.locator(element), text=text, confidence=STATED)


def put_iban(draft: InvoiceDraft, elements: list[Element]) -> None:
    """The first account number that has the shape of an IBAN; domestic numbers are none."""
    for element in elements:
        text = xml_tree.text_of(element)
        if iban.has_shape(iban.compact(text)):
            draft.put("iban", iban.compact(text), locator=xml_tree.locator(element), text=text, confidence=STATED)
            return


def in_currency(draft: InvoiceDraft, root: Element, *path: Step) -> Element | None:
    """The amount at `path` in the document's currency; an invoice may state its tax a second time in another one."""
    elements = [element for element in xml_tree.find_all(root, *path) if xml_tree.text_of(element)]
    matching = (element for element in elements if xml_tree.attribute(element, "currencyID") == draft.currency)
    return next(matching, elements[0] if elements else None)
