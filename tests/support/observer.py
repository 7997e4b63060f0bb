"""An outside consumer that does not trust the scanner: it looks each event up in the database the moment it arrives."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from shared.events import Event, decode
from shared.messaging.topology import EVENTS_EXCHANGE
from shared.mongo import Database
from tests.support.scanning import Stage
from tests.support.waiting import Arrivals

_ENDS = ("scan.completed.v1", "scan.failed.v1", "scan.cancelled.v1")


class Witness:
    """What was told, and what of it was not so when it was told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.lies: list[str] = []
        """Events whose fact was not in the database when they arrived."""
        self.bodies: defaultdict[str, set[bytes]] = defaultdict(set)
        """Event id -> every form in which it came."""
        self.numbered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        """Task and sequence -> the ids of the scanner's events that have them."""
        self._ended = Arrivals[str]()

    async def hear(self, message: AbstractIncomingMessage) -> None:
        """Check one event."""
        event = decode(message.body)
        if not event.source.endswith("scanner"):
            return
        if not await self._is_durable(event):
            self.lies.append(f"{event.routing_key} {event.id}")
        if event.routing_key != "invoice.found.v1":
            self.bodies[event.id].add(message.body)
            self.numbered[event.subject, int(event.sequence)].add(event.id)
        if event.routing_key in _ENDS:
            await self._ended.add(event.subject)

    async def until_all_ended(self) -> None:
        """Wait until the end of every run was heard."""
        runs = set(await self._database["scan_runs"].distinct("_id"))
        await self._ended.until(lambda: runs <= set(self._ended.items))

    async def _is_durable(self, event: Event[Any]) -> bool:
        if event.routing_key == "invoice.found.v1":
            return await self._database["invoices"].find_one({"_id": event.data.id}) is not None
        run = await self._database["scan_runs"].find_one({"_id": event.subject})
        if run is None:
            return False
        number = int(event.sequence)
        if event.routing_key in _ENDS:
            return bool(run.get("end", {}).get("seq") == number)
        if event.routing_key == "scan.started.v1":
            return bool(run.get("started", {}).get("seq") == number)
        if event.routing_key == "scan.progressed.v1" and run.get("progress_high", 0) < event.data.progress:
            return False
        return bool(run["seq"] >= number)

    def numbers(self, task_id: str) -> list[int]:
        """The sequence numbers of a task's events, from the scanner."""
        return sorted(number for task, number in self.numbered if task == task_id)


@asynccontextmanager
async def a_witness(environment: Stage) -> AsyncIterator[Witness]:
    """Hears everything from now on."""
    observer = Witness(environment.db)
    async with await aio_pika.connect(environment.vhost.url("administrator")) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "#")
        await queue.consume(observer.hear, no_ack=True)
        yield observer
