"""MongoDB: connections, types and error classes. The only module that imports motor."""

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
"""Errors of a database that is unavailable, has no primary or is too slow: the operation may be
retried."""

DUPLICATE_KEY = 11000
"""MongoDB's error code for a write that meets a unique index."""

_SERVER_SELECTION_MS = 3_000
_WRITE_TIMEOUT_MS = 10_000


def connect(url: str, *, service: str, operation_ms: int | None = None) -> Client:
    """Make a client, which connects later.

    Operations wait up to 3 s for a primary, then raise one of `UNAVAILABLE`.

    `operation_ms` bounds each whole operation, also with a server that accepts connections and does
    not answer.
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
    """Return the product's database; dates are aware, in UTC.

    Writes wait for the majority and the journal. Reads see only what a majority has, so that a
    failover never takes back what the product acted on.
    """
    return client.get_database(
        name,
        codec_options=CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME),
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern(w="majority", j=True, wtimeout=_WRITE_TIMEOUT_MS),
        read_concern=ReadConcern("majority"),
    )


def duplicate_key_indexes(error: BulkWriteError) -> list[int]:
    """Return the positions of the writes of an unordered bulk that met an existing key, in
    ascending order.

    Raises `error` itself if any write failed for another reason, or if no majority has the writes
    yet.
    """
    failures = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return [failure["index"] for failure in failures]


async def is_reachable(client: Client) -> bool:
    """Return whether a primary answers now."""
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    return True


async def close(client: Client) -> None:
    """Close the client without blocking the event loop: motor waits for the threads of the driver."""
    await asyncio.to_thread(client.close)
