"""MongoDB, through the one import of motor in the project: everything else takes the types from here."""

import asyncio
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions, DatetimeConversion
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = "AsyncIOMotorClient[Document]"
Database: TypeAlias = "AsyncIOMotorDatabase[Document]"
Collection: TypeAlias = "AsyncIOMotorCollection[Document]"
GridFSBucket = AsyncIOMotorGridFSBucket

UNAVAILABLE: tuple[type[PyMongoError], ...] = (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    WTimeoutError,
)
"""Raised while the database is away, has no primary or is too slow: the same operation may be tried again."""

DUPLICATE_KEY = 11000
"""MongoDB's error code for a write that meets a unique index."""

_SERVER_SELECTION_MS = 3_000
_WRITE_TIMEOUT_MS = 10_000


def connect(url: str, *, service: str, operation_ms: int | None = None) -> Client:
    """A client that has not connected yet; operations wait up to 3 s for a primary, then raise one of `UNAVAILABLE`.

    Writes wait for the majority and the journal; reads see only what a majority has, so that nothing is acted upon
    that a failover could take back. `operation_ms` bounds each whole operation, also against a server that accepts
    connections and answers nothing.
    """
    return AsyncIOMotorClient(
        url,
        appname=f"mailtally-{service}",
        serverSelectionTimeoutMS=_SERVER_SELECTION_MS,
        connectTimeoutMS=_SERVER_SELECTION_MS,
        retryWrites=True,
        timeoutMS=operation_ms,
        tz_aware=True,
    )


def database(client: Client, name: str) -> Database:
    """The product's database with its read and write concerns; dates come back aware, in UTC."""
    return client.get_database(
        name,
        codec_options=CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME),
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern(w="majority", j=True, wtimeout=_WRITE_TIMEOUT_MS),
        read_concern=ReadConcern("majority"),
    )


def duplicate_key_indexes(error: BulkWriteError) -> list[int]:
    """Return the positions of the writes of an unordered bulk that met an existing key, in ascending order.

    Raises `error` itself if any write failed for another reason, or if no majority has the writes yet.
    """
    failures = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return [failure["index"] for failure in failures]


async def is_reachable(client: Client) -> bool:
    """Whether a primary answers now."""
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    return True


async def close(client: Client) -> None:
    """Close the client without holding up the event loop: motor waits for the driver's own threads."""
    await asyncio.to_thread(client.close)
