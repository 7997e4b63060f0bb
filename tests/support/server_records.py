"""What the database server itself knows of a test's database, read as an administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient


class ServerRecords:
    """Of one database."""

    def __init__(self, client: MongoClient[dict[str, Any]], name: str) -> None:
        self._client = client
        self._name = name

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Have the server keep every operation."""
        self._client[self._name].command("profile", 2)
        try:
            yield
        finally:
            self._client[self._name].command("profile", 0)

    def operations(self, collection: str) -> list[dict[str, Any]]:
        """The operations on a collection while it was recording."""
        return list(self._client[self._name]["system.profile"].find({"ns": f"{self._name}.{collection}"}))

    def changes(self, collection: str) -> int:
        """How many documents of a collection were written, by the log that other members of a replica set follow."""
        return self._client["local"]["oplog.rs"].count_documents({"ns": f"{self._name}.{collection}"})


@contextmanager
def server_records(database: Any) -> Iterator[ServerRecords]:
    with MongoClient[dict[str, Any]](database.url("administrator")) as client:
        yield ServerRecords(client, database.name)
