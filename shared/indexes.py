"""The indexes of collections as data, so that what should be there can be told from what is."""

from collections.abc import Mapping, Sequence

from pymongo import IndexModel

from shared.mongo import Database

Indexes = Mapping[str, Sequence[IndexModel]]
"""Collection -> its indexes but the one of `_id`."""


async def ensure_indexes(database: Database, indexes: Indexes) -> None:
    """Create what is missing; harmless to repeat. Raises what the database raises."""
    for collection, models in indexes.items():
        await database[collection].create_indexes(list(models))
