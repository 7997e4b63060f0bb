"""XML parsing without entities, DTD or network, and search by local name in any namespace."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from services.scanner.extract.charsets import decode_bytes
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

Element = etree._Element  # noqa: SLF001 - lxml's only name for the type of an element
Step = str | tuple[str, ...]

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,8})?|\.\d{1,8})")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?P<group>[.,' \u00a0])\d{3}(?:(?P=group)\d{3})*(?P<cents>[.,]\d{1,2})?")
_ISO_DATE = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)")
_COMPACT_DATE = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\d{4}|\d{6}|T.*)?")
_SHORT_DATE = re.compile(r"(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})")
_WRITTEN_DATE = re.compile(r"(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})")
_CENTURY = 2000


def parse(data: bytes) -> Element:
    """Return the root element.

    Raises UnreadableError for broken XML and for XML that declares entities.
    """
    try:
        root = etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError:
        root = _parse_leniently(data)
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


def _parse_leniently(data: bytes) -> Element:
    """Parse XML with a wrong encoding or undeclared prefixes, as some exports write it.

    Entities are still refused.
    """
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
        # lxml keeps an undeclared prefix as a part of the name.
        if ":" in (name := local_name(element)):
            element.tag = name.rpartition(":")[2]
    return root


def local_name(element: Element) -> str:
    """Return the element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find_all(element: Element, *path: Step) -> Iterator[Element]:
    """Yield the elements at a path of local names; a step may be a tuple of alternatives."""
    if not path:
        yield element
        return
    names = (path[0],) if isinstance(path[0], str) else path[0]
    for child in element.iterchildren(*(f"{{*}}{name}" for name in names)):
        yield from find_all(child, *path[1:])


def find(element: Element, *path: Step) -> Element | None:
    """Return the first element at a path that has text."""
    return next((match for match in find_all(element, *path) if text_of(match)), None)


def first_present(preferred: Element | None, substitute: Element | None) -> Element | None:
    """Return the first of two elements that is not None; `or` would test for children."""
    return preferred if preferred is not None else substitute


def text_of(element: Element | None) -> str:
    """Return the element's own text on one line."""
    return " ".join((element.text or "").split()) if element is not None else ""


def locator(element: Element) -> str:
    """Return the element's XPath in its document."""
    return str(element.getroottree().getpath(element))


def attribute(element: Element, name: str) -> str:
    """Return an attribute's value, or an empty string."""
    return str(element.get(name) or "")


def parse_decimal(text: str) -> Decimal | None:
    """Parse an amount as written in XML; decimal commas and thousands separators are accepted."""
    grouped = _GROUPED.fullmatch(text)
    if (
        grouped is not None
        and (grouped["cents"] or text.count(grouped["group"]) > 1)
        and grouped["cents"] != grouped["group"]
    ):
        whole = text[: grouped.start("cents")] if grouped["cents"] else text
        text = re.sub(r"[^\d+-]", "", whole) + (grouped["cents"] or "").replace(",", ".")
    plain = text.replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def parse_date(text: str) -> date | None:
    """Parse a date in ISO form or in a form of UN/EDIFACT 2379.

    These are 101 (YYMMDD), 102 (CCYYMMDD), 203 (CCYYMMDDHHMM) and 204. A date written for people,
    such as 31.12.2026, is accepted as well.
    """
    match = _ISO_DATE.match(text) or _COMPACT_DATE.fullmatch(text) or _SHORT_DATE.fullmatch(text)
    match = match or _WRITTEN_DATE.fullmatch(text)
    if match is None:
        return None
    year = int(match["y"])
    try:
        return date(year if year >= 100 else _CENTURY + year, int(match["m"]), int(match["d"]))
    except ValueError:
        return None
