"""A database whose single operations are steps."""

import asyncio
from typing import Any, cast

from shared.mongo import Collection, Database
from tests.support.protocol.gates import acting, step
from tests.support.protocol.watching import Watcher

_STEPS = ("find_one", "find_one_and_update", "insert_one", "update_one", "update_many", "bulk_write")


class GatedDatabase:
    """Stands in for the database of the code under test."""

    def __init__(self, database: Database, watcher: Watcher) -> None:
        self._database = database
        self._watcher = watcher

    def __getitem__(self, name: str) -> Collection:
        return cast("Collection", _GatedCollection(self._database[name], name, self._watcher))


class _GatedCollection:
    def __init__(self, collection: Collection, name: str, watcher: Watcher) -> None:
        self._collection = collection
        self._name = name
        self._watcher = watcher

    def with_options(self, **options: Any) -> "_GatedCollection":
        return _GatedCollection(self._collection.with_options(**options), self._name, self._watcher)

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._collection, operation)
        if operation not in _STEPS:
            return method

        async def gated(*arguments: Any, **options: Any) -> Any:
            async with step(f"{self._name}.{operation}"):
                work = asyncio.ensure_future(method(*arguments, **options))
                try:
                    return await asyncio.shield(work)
                except asyncio.CancelledError:
                    # Whoever waited has gone; what was sent to the database happens all the same.
                    await work
                    raise
                finally:
                    actor = acting()
                    if actor is not None and operation != "find_one":
                        await self._watcher.written(actor)

        return gated
