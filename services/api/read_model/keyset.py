"""Keyset pagination on a field that may be missing, as MongoDB filters and sorts."""

from typing import Any, Literal

from shared.mongo import Document

Direction = Literal[1, -1]


def sort_keys(field: str, direction: Direction) -> list[tuple[str, Direction]]:
    """The sort order: the field, then the id in the same direction."""
    return [(field, direction), ("_id", direction)]


def after(field: str, direction: Direction, value: Any, item_id: str) -> Document:
    """The filter for what comes after the item with this value (None: missing) and id.

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
