"""RabbitMQ and MongoDB of a benchmark's own, purged afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared import mongo
from tools.stack.layout import DEFAULT, Layout
from tools.stack.options import DATABASE, External
from tools.stack.secrets import Secrets
from tools.stack.servers import Servers
from tools.stack.shutdown import shut_down

__all__ = ["DATABASE", "Bench", "bench_servers"]

_OWN = External(amqp_url=None, management_url=None, mongo_url=None, database=DATABASE)


@dataclass(frozen=True)
class Bench:
    """The needs of every measurement: the servers, their files, and the database as its
    administrator."""

    layout: Layout
    servers: Servers
    database: mongo.Database


@asynccontextmanager
async def bench_servers(name: str) -> AsyncIterator[Bench]:
    """Run both servers, empty, with the product's topology, users and permissions; `name` is the
    benchmark's."""
    layout = Layout(DEFAULT.local / f"bench-{name}")
    shut_down(layout, purge=True)
    layout.create()
    servers = Servers(layout, Secrets(layout.secrets), _OWN, print)
    try:
        await servers.start()
        client = mongo.connect(servers.mongo_url, service="bench")
        try:
            yield Bench(layout, servers, mongo.database(client, DATABASE))
        finally:
            await mongo.close(client)
    finally:
        await servers.stop(0)
        shut_down(layout, purge=True)
