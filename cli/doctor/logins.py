"""Checks that each service's user can log in, and is refused what belongs to other services."""

import asyncio
from collections.abc import Iterator

import aio_pika
from aio_pika.exceptions import AMQPError, ChannelClosed
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from cli.doctor.connections import SECONDS, ServerConnections
from cli.doctor.result import Finding, ok, problem, unknown
from shared.access import COLLECTIONS
from shared.formatting import count
from shared.messaging.topology import EVENTS_EXCHANGE
from shared.mongo import Document

_FOREIGN_KEY = "doctor.foreign.v1"
"""No service may publish this key and no queue is bound to it, so an accepted message reaches
nobody."""
_NOBODY = "doctor-nobody"
_UNAUTHORIZED = 13
_ACCESS_REFUSED = 403
_NOT_KNOWN = "The logins of the services were not tested: their passwords are not known on this machine."


def check_broker_logins(servers: ServerConnections) -> Iterator[Finding]:
    """Check that RabbitMQ accepts each service and refuses an event of another one."""
    wrong = False
    for service, urls in servers.target.users.items():
        try:
            refused = asyncio.run(_is_refused(urls.amqp_url))
        except (AMQPError, OSError, TimeoutError) as error:
            wrong = True
            says = f"RabbitMQ refuses the login of the {service} service ({type(error).__name__})."
            yield problem(says, servers.target.declare)
            continue
        if not refused:
            wrong = True
            says = f"The {service} service may publish events of other services."
            yield problem(says, servers.target.declare)
    if not servers.target.users:
        yield unknown(_NOT_KNOWN)
    elif not wrong:
        yield ok(f"RabbitMQ: {count(len(servers.target.users), 'service login')} work, foreign events are refused")


def check_database_logins(servers: ServerConnections) -> Iterator[Finding]:
    """Check that MongoDB accepts each service and refuses a write to another one's collection."""
    wrong = False
    for service, urls in servers.target.users.items():
        foreign = next(names[0] for owner, names in COLLECTIONS.items() if owner != service and names)
        try:
            refused = _write_is_refused(urls.mongo_url, servers.target.database, foreign)
        except PyMongoError as error:
            wrong = True
            says = f"MongoDB refuses the login of the {service} service ({type(error).__name__})."
            yield problem(says, servers.target.declare)
            continue
        if not refused:
            wrong = True
            yield problem(
                f"The {service} service may write to {foreign}, which belongs to another service.",
                servers.target.declare,
            )
    if not servers.target.users:
        yield unknown(_NOT_KNOWN)
    elif not wrong:
        yield ok(f"MongoDB: {count(len(servers.target.users), 'service login')} work, foreign writes are refused")


async def _is_refused(url: str) -> bool:
    async with asyncio.timeout(SECONDS):
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=False)
            exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
            try:
                await exchange.publish(aio_pika.Message(b"{}"), routing_key=_FOREIGN_KEY, mandatory=False)
            except ChannelClosed as closed:
                if _ACCESS_REFUSED in closed.args or "ACCESS_REFUSED" in str(closed):
                    return True
                raise
    return False


def _write_is_refused(url: str, database: str, collection: str) -> bool:
    """Try to change a document that does not exist."""
    with MongoClient[Document](url, timeoutMS=int(SECONDS * 1000)) as client:
        client[database].command("ping")
        try:
            client[database][collection].update_one({"_id": _NOBODY}, {"$set": {"_doctor": True}})
        except OperationFailure as error:
            if error.code != _UNAUTHORIZED:
                raise
            return True
    return False
