"""Keyset pagination on a field that may be missing, as MongoDB filters and sorts."""

from collections.abc import Callable
from typing import Any, Literal

from bson import Decimal128

from shared.mongo import Document

Direction = Literal[1, -1]


def direction(sort: str) -> Direction:
    """Return the direction of a sort order as clients name it: "-" before the field is
    descending."""
    return -1 if sort.startswith("-") else 1


def ordering(field: str) -> Callable[[Document], Any]:
    """Return the key by which Python sorts documents as MongoDB does: by field, missing first, then
    by id."""

    def key(document: Document) -> Any:
        value = document.get(field)
        if value is None:
            return (0, document["_id"])
        return (1, value.to_decimal() if isinstance(value, Decimal128) else value, document["_id"])

    return key


def sort_keys(field: str, direction: Direction) -> list[tuple[str, Direction]]:
    """Return the sort order: the field, then the id in the same direction."""
    return [(field, direction), ("_id", direction)]


def after(field: str, direction: Direction, value: Any, item_id: str) -> Document:
    """Return the filter for what comes after the item with this value (None: missing) and id.

    MongoDB sorts missing values before all others, and its comparison operators never match them.
    """
    beyond = "$gt" if direction == 1 else "$lt"
    same = {field: value, "_id": {beyond: item_id}}
    if value is None:
        return {"$or": [same, {field: {"$ne": None}}]} if direction == 1 else same
    further: list[Document] = [{field: {beyond: value}}]
    if direction == -1:
        further.append({field: None})
    return {"$or": [same, *further]}
