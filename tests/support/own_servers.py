"""A RabbitMQ and a MongoDB that belong to one test alone, so that they may go away and be killed.

They stand in for the fixtures `vhost` and `database`. Always local programs, as those of `./run up`.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, TypeVar

from tests.support.logs import reported
from tools.stack import binaries
from tools.stack.layout import Layout
from tools.stack.mongod import Mongod
from tools.stack.options import DATABASE
from tools.stack.rabbitmq import VHOST, RabbitMQ
from tools.stack.secrets import ADMINISTRATOR, Secrets
from tools.stack.shutdown import shut_down

ServerT = TypeVar("ServerT", RabbitMQ, Mongod)


class _Own(Generic[ServerT]):
    """One server of the kind that `./run up` starts."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.secrets = Secrets(layout.secrets)
        self.server: ServerT = self._make()

    @asynccontextmanager
    async def away(self, *, grace: float = 20.0) -> AsyncIterator[None]:
        """Gone from here on, killed if it has no `grace`; and in the end back, with its data and on its old port."""
        await self.server.stop(grace)
        yield
        self.server = self._make()
        await self.start()

    def signal(self, number: signal.Signals) -> None:
        """Stop it, so that it takes what comes and answers nothing, or kill it, so that it is started again at once."""
        for pid in self.server.pids:
            os.kill(pid, number)

    async def start(self) -> None:
        """Start it and wait until it serves."""
        raise NotImplementedError

    def _make(self) -> ServerT:
        raise NotImplementedError


class OwnVhost(_Own[RabbitMQ]):
    """The broker; `name` and `url` as the fixture's."""

    name = VHOST

    def url(self, user: str) -> str:
        url: str = self.server.addresses.url(user, self.secrets[f"rabbitmq-{user}"])
        return url

    async def start(self) -> None:
        await self.server.start()

    def _make(self) -> RabbitMQ:
        return RabbitMQ(self.layout, self.secrets, binaries.rabbitmq(print), on_restart=lambda: None)


class OwnDatabase(_Own[Mongod]):
    """The database server; `name` and `url` as the fixture's."""

    name = DATABASE

    def url(self, user: str) -> str:
        if user == ADMINISTRATOR:
            return self.server.administrator_url
        return self.server.service_url(user, self.name)

    async def start(self) -> None:
        await self.server.start(self.name)

    def _make(self) -> Mongod:
        return Mongod(self.layout, self.secrets, binaries.mongod(print), on_restart=lambda: None)


@asynccontextmanager
async def own_servers(folder: Path) -> AsyncIterator[tuple[OwnVhost, OwnDatabase]]:
    """Both, with the topology and every service's users; their files are gone afterwards."""
    layout = Layout(folder)
    layout.create()
    broker, database = OwnVhost(layout), OwnDatabase(layout)
    try:
        with reported(layout.logs):
            await asyncio.gather(broker.start(), database.start())
            yield broker, database
    finally:
        await asyncio.gather(broker.server.stop(0), database.server.stop(0))
        shut_down(layout, purge=True)
