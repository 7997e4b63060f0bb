"""Indexes of collections as data, so that the doctor can compare them with those that exist."""

from collections.abc import Mapping, Sequence

from pymongo import IndexModel

from shared.mongo import Database

Indexes = Mapping[str, Sequence[IndexModel]]
"""Collection -> its indexes, without the one of `_id`."""


async def ensure_indexes(database: Database, indexes: Indexes) -> None:
    """Create missing indexes; harmless to repeat. Raises pymongo's errors."""
    for collection, models in indexes.items():
        await database[collection].create_indexes(list(models))
