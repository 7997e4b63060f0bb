"""Transfer of XML elements into a draft, shared by UBL and CII."""

from services.scanner.extract.einvoice import xml_tree
from services.scanner.extract.einvoice.xml_tree import Element, Step
from services.scanner.extract.fields import iban
from services.scanner.extract.invoice_draft import InvoiceDraft

STATED = 0.99
"""Confidence of a value that the invoice states as data."""
SUBSTITUTE = 0.85
"""Confidence of a value taken from a related term because the proper one is missing."""


def put_text(draft: InvoiceDraft, field: str, element: Element | None, confidence: float = STATED) -> None:
    """Set a field to the element's text, if there is one."""
    if element is not None:
        text = xml_tree.text_of(element)
        draft.put(field, text, locator=xml_tree.locator(element), text=text, confidence=confidence)


def put_amount(draft: InvoiceDraft, field: str, element: Element | None, confidence: float = STATED) -> None:
    """Set a field to the element's text as an amount."""
    if element is not None:
        text = xml_tree.text_of(element)
        value = xml_tree.parse_decimal(text)
        draft.put(field, value, locator=xml_tree.locator(element), text=text, confidence=confidence)


def put_date(draft: InvoiceDraft, field: str, element: Element | None) -> None:
    """Set a field to the element's text as a date."""
    if element is not None:
        text = xml_tree.text_of(element)
        value = xml_tree.parse_date(text)
        draft.put(field, value, locator=xml_tree.locator(element), text=text, confidence=STATED)


def put_iban(draft: InvoiceDraft, elements: list[Element]) -> None:
    """Set the IBAN to the first account number that has the shape of one; domestic numbers do
    not."""
    for element in elements:
        text = xml_tree.text_of(element)
        if iban.has_shape(iban.compact(text)):
            draft.put("iban", iban.compact(text), locator=xml_tree.locator(element), text=text, confidence=STATED)
            return


def in_currency(draft: InvoiceDraft, root: Element, *path: Step) -> Element | None:
    """Return the amount at `path` in the document's currency.

    An invoice may state its tax a second time in another currency.
    """
    elements = [element for element in xml_tree.find_all(root, *path) if xml_tree.text_of(element)]
    matching = (element for element in elements if xml_tree.attribute(element, "currencyID") == draft.currency)
    return next(matching, elements[0] if elements else None)
