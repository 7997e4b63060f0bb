"""Reader of schema.org Invoice and Order in HTML mail, as JSON-LD or microdata."""

import json
import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.scanner.extract.einvoice import xml_tree
from services.scanner.extract.invoice_draft import InvoiceDraft

STATED = 0.95
_TYPES = ("Invoice", "Order")
_MAX_DEPTH = 12
_VALUE_ATTRIBUTES = ("content", "datetime", "href", "src", "value")
_CURRENCY = re.compile(r"[A-Z]{3}")

Item = dict[str, Any]
"""A schema.org item: `@type` and properties, as in JSON."""


def read(html: LexborHTMLParser) -> InvoiceDraft | None:
    """Return the first invoice or order that states its total; None if there is none."""
    for place, item in (*_json_ld(html), *_microdata(html)):
        draft = _read_item(item, place)
        if draft.total is not None:
            return draft
    return None


def _read_item(item: Item, place: str) -> InvoiceDraft:
    draft = InvoiceDraft(format="json-ld", source="json-ld", kind="receipt" if _has_type(item, "Order") else "invoice")

    def put(field: str, value: object, name: str, *, as_date: bool = False) -> None:
        text = _text(value)
        draft.put(
            field,
            xml_tree.parse_date(text) if as_date else text,
            locator=f"{place}.{name}",
            text=text,
            confidence=STATED,
        )

    put("vendor", _first(item, "provider", "broker", "seller", "merchant"), "provider")
    put(
        "invoice_number",
        _first(item, "confirmationNumber", "orderNumber", "identifier", "referenceNumber"),
        "identifier",
    )
    put("issue_date", _first(item, "dateCreated", "orderDate", "datePublished"), "date", as_date=True)
    put("due_date", _first(item, "paymentDueDate", "paymentDue"), "paymentDueDate", as_date=True)
    _put_total(draft, item, place)
    return draft


def _put_total(draft: InvoiceDraft, item: Item, place: str) -> None:
    amount = _first(item, "totalPaymentDue", "price", "total")
    currency: object = _first(item, "priceCurrency")
    if amount is None:
        amount, currency = _offer_price(item)
    if isinstance(amount, dict):
        currency = _first(amount, "priceCurrency", "currency") or currency
        amount = _first(amount, "price", "value", "minPrice")
    text = _text(amount).replace("$", "").replace("€", "").strip()
    draft.put("total", xml_tree.parse_decimal(text), locator=f"{place}.total", text=text, confidence=STATED)
    code = _text(currency).upper()
    if _CURRENCY.fullmatch(code):
        draft.put("currency", code, locator=f"{place}.currency", text=code, confidence=STATED)


def _offer_price(item: Item) -> tuple[object, object]:
    offer = _first(item, "acceptedOffer")
    if not isinstance(offer, dict):
        return None, None
    specification = _first(offer, "priceSpecification")
    priced = specification if isinstance(specification, dict) and "price" in specification else offer
    return _first(priced, "price"), _first(priced, "priceCurrency")


def _json_ld(html: LexborHTMLParser) -> Iterator[tuple[str, Item]]:
    for number, script in enumerate(html.css("script[type='application/ld+json']")):
        try:
            value = json.loads(script.text(), parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            continue
        for item in _items(value, 0):
            yield f"script[{number}]", item


def _items(value: object, depth: int) -> Iterator[Item]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from _items(element, depth + 1)
    elif isinstance(value, dict):
        if any(_has_type(value, name) for name in _TYPES):
            yield value
        else:
            yield from _items(value.get("@graph"), depth + 1)


def _microdata(html: LexborHTMLParser) -> Iterator[tuple[str, Item]]:
    for number, scope in enumerate(html.css("[itemscope][itemtype]")):
        item = _read_scope(scope, 0)
        if any(_has_type(item, name) for name in _TYPES):
            yield f"[itemscope][{number}]", item


def _read_scope(scope: LexborNode, depth: int) -> Item:
    item: Item = {"@type": scope.attributes.get("itemtype") or ""}
    if depth > _MAX_DEPTH:
        return item
    for node in _properties(scope):
        value = _read_scope(node, depth + 1) if "itemscope" in node.attributes else _property_value(node)
        for name in (node.attributes.get("itemprop") or "").split():
            item.setdefault(name, value)
    return item


def _properties(scope: LexborNode) -> Iterator[LexborNode]:
    """Yield the elements with `itemprop` that belong to this scope and not to a nested one."""
    stack = list(scope.iter())[::-1]
    while stack:
        node = stack.pop()
        if "itemprop" in node.attributes:
            yield node
        if "itemscope" not in node.attributes:
            stack.extend(list(node.iter())[::-1])


def _property_value(node: LexborNode) -> str:
    for name in _VALUE_ATTRIBUTES:
        if value := node.attributes.get(name):
            return value
    return node.text().strip()


def _has_type(item: Item, name: str) -> bool:
    types = item.get("@type")
    names = types if isinstance(types, list) else [types]
    return any(isinstance(value, str) and value.rstrip("/").rpartition("/")[2] == name for value in names)


def _first(item: Item, *names: str) -> object:
    for name in names:
        value = item.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if value not in (None, ""):
            return value
    return None


def _text(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return " ".join(value.split())[:200] if isinstance(value, str) else ""
