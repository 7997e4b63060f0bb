"""Reads XML without entities, DTD or network, and finds elements by local name, whatever their namespace."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from services.scanner.extract.headers import decode_bytes
from services.scanner.extract.reasons import UnreadableError
from shared.reasons import ReasonCode

Element = etree._Element  # noqa: SLF001 - lxml's only name for the type of an element
Step = str | tuple[str, ...]

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{1,8})?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4})?")


def parse(data: bytes) -> Element:
    """The root element. Raises UnreadableError for broken XML and for XML that declares entities."""
    try:
        root = etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError:
        root = _recovered(data)
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and any(True for _ in document_type.iterentities()):
        raise UnreadableError(ReasonCode.XML_ENTITIES)
    return root


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def _recovered(data: bytes) -> Element:
    """Wrong encodings and prefixes nobody declared are common in exports; entities are not forgiven."""
    if b"<!ENTITY" in data:
        raise UnreadableError(ReasonCode.XML_ENTITIES)
    text = decode_bytes(data.removeprefix(b"\xef\xbb\xbf"), None)
    try:
        root = etree.fromstring(_DECLARATION.sub("", text).encode(), _parser(recover=True))
    except etree.XMLSyntaxError as error:
        raise UnreadableError(ReasonCode.XML_BROKEN) from error
    if root is None:
        raise UnreadableError(ReasonCode.XML_BROKEN)
    for element in root.iter():
        # A prefix that was never declared is kept as a part of the name.
        if ":" in (name := local_name(element)):
            element.tag = name.rpartition(":")[2]
    return root


def local_name(element: Element) -> str:
    """The element's name without namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find_all(element: Element, *path: Step) -> Iterator[Element]:
    """The elements at a path of local names; a step may name alternatives."""
    if not path:
        yield element
        return
    names = (path[0],) if isinstance(path[0], str) else path[0]
    for child in element.iterchildren(*(f"{{*}}{name}" for name in names)):
        yield from find_all(child, *path[1:])


def find(element: Element, *path: Step) -> Element | None:
    """The first element at a path that has text."""
    return next((found for found in find_all(element, *path) if text_of(found)), None)


def either(preferred: Element | None, substitute: Element | None) -> Element | None:
    """The first of two elements that is there; `or` would ask an element for its children."""
    return preferred if preferred is not None else substitute


def text_of(element: Element | None) -> str:
    """The element's own text in one line."""
    return " ".join((element.text or "").split()) if element is not None else ""


def locator(element: Element) -> str:
    """The element's XPath in its document."""
    return str(element.getroottree().getpath(element))


def attribute(element: Element, name: str) -> str:
    """An attribute's value, or nothing."""
    return str(element.get(name) or "")


def to_decimal(text: str) -> Decimal | None:
    """An amount as written in XML; a decimal comma is forgiven."""
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def to_date(text: str) -> date | None:
    """A date in ISO form, or in the UN/EDIFACT 2379 forms 102 (CCYYMMDD) and 203 (CCYYMMDDHHMM)."""
    match = _ISO_DATE.match(text) or _COMPACT_DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
