"""The write path of the status service, several replicas of it, and what they leave in the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from services.status.outcome import Batch, BatchOutcome
from services.status.repository import COLLECTION, TaskRepository
from shared import mongo
from shared.events import Event

_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


class Replicas:
    """Repositories with a connection each, as replicas of the service have."""

    def __init__(self, database: Any, number: int = 2) -> None:
        self._clients = [mongo.connect(database.url("status"), service="test") for _ in range(number)]
        self._databases = [mongo.database(client, database.name) for client in self._clients]
        self.database = self._databases[0]
        self.tasks = self.database[COLLECTION]
        self._repositories = list(map(TaskRepository, self._databases))

    def restart(self, number: int) -> None:
        """Have a replica forget whatever it remembers."""
        self._repositories[number] = TaskRepository(self._databases[number])

    async def begin_anew(self) -> None:
        """An empty collection, and replicas that know of no other."""
        await self.tasks.delete_many({})
        for number in range(len(self._repositories)):
            self.restart(number)

    async def write(self, *shares: Sequence[Batch]) -> list[BatchOutcome]:
        """Each replica writes the batches of its share one after the other, all of them at the same time."""

        async def work(repository: TaskRepository, share: Sequence[Batch]) -> list[BatchOutcome]:
            return [await repository.write(batch) for batch in share]

        pairs = zip(self._repositories, shares, strict=False)
        return list(chain(*await asyncio.gather(*(work(repository, share) for repository, share in pairs))))

    async def stored(self) -> dict[str, RawBSONDocument]:
        """The tasks, each as the bytes that the server holds."""
        tasks: Any = self.tasks.with_options(codec_options=_RAW)
        return {task["_id"]: task async for task in tasks.find()}

    async def close(self) -> None:
        for client in self._clients:
            await mongo.close(client)


@asynccontextmanager
async def replicas(database: Any, number: int = 2) -> AsyncIterator[Replicas]:
    """`number` replicas on an empty collection."""
    running = Replicas(database, number)
    try:
        yield running
    finally:
        await running.close()


def decoded(task: RawBSONDocument) -> dict[str, Any]:
    """A stored task as the service reads it."""
    return bson.decode(task.raw, _AWARE)


def accounted(outcomes: Sequence[BatchOutcome]) -> int:
    """How many events the outcomes speak of."""
    return sum(
        sum(len(written.events) for written in outcome.committed) + len(outcome.without_effect) + len(outcome.refused)
        for outcome in outcomes
    )


def refused(outcomes: Sequence[BatchOutcome]) -> list[Event[Any]]:
    return [item.event for outcome in outcomes for item in outcome.refused]
