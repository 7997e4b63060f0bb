"""Scanners without processes: the real steps and use cases on a real database, messages in the test's hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CollectorRegistry

from services.scanner.event_publisher import EventPublisher
from services.scanner.extract.limits import Limits
from services.scanner.extract.sandbox.pool import ParserPool
from services.scanner.jobs.account_erasure import AccountEraser
from services.scanner.jobs.commands import Command, Commands
from services.scanner.jobs.completer import ScanResults, UnitCompleter
from services.scanner.jobs.executor import UnitExecutor
from services.scanner.jobs.job_factory import JobFactory, JobLimits
from services.scanner.jobs.lease_keeper import LeaseKeeper
from services.scanner.jobs.poison_isolation import PoisonIsolator
from services.scanner.jobs.rescuer import Rescuer
from services.scanner.jobs.run_lifecycle import RunLifecycle
from services.scanner.jobs.task_reader import TaskReader
from services.scanner.jobs.unclaimed import UnclaimedUnits
from services.scanner.metrics import ScannerMetrics, StartLatency
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.deletions import DeletedAccounts
from services.scanner.repository.documents import Documents
from services.scanner.repository.erasure import ResultEraser
from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.repository.invoices import Invoices
from services.scanner.repository.ledger import Ledger
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import ResultWriter
from services.scanner.runs.completion import Completion
from services.scanner.runs.fair_scheduler import FairScheduler
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Policy, Unit
from services.scanner.runs.rescue import RescueQueries
from services.scanner.runs.splitting import SliceSplitter
from services.scanner.runs.start import RunAdmission
from shared.events import Event, ScanCancelRequested, ScanRequested, decode, utc_now
from shared.indexes import ensure_indexes
from shared.messaging.publishing import Publisher
from shared.messaging.topology import COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.mongo import Collection, Database, connect
from tests.support.protocol.database import GatedDatabase
from tests.support.protocol.gates import ACK, Actor, step
from tests.support.protocol.mailbox import DEADLY, Mailbox
from tests.support.protocol.watching import Invariants, Watcher
from tests.support.run_documents import RunDocuments, a_request, everything_is_due, run_documents
from tests.support.servers import TestDatabase

if TYPE_CHECKING:
    from services.scanner.sources.factory import SourceFactory

_STATUS = {"scan.completed.v1": "DONE", "scan.failed.v1": "FAILURE", "scan.cancelled.v1": "CANCELLED"}


@dataclass(eq=False)
class Message:
    """A message of the broker's."""

    body: ScanRequested | ScanCancelRequested | Command
    redelivered: bool = False

    @property
    def is_command(self) -> bool:
        """Whether it may get lost and only time is lost with it."""
        return isinstance(self.body, Command)


class _Wire(Publisher):
    """The broker as the publisher sees it."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def send(self, body: bytes, *, exchange: str, routing_key: str, **_: Any) -> None:
        if exchange == EVENTS_EXCHANGE:
            async with step(routing_key):
                self._world.events.append(decode(body))
                await self._world.watcher.published(self._world.events[-1])
            return
        command = Command.from_bytes(body)
        async with step(f"command {command.unit.path}"):
            self._world.commands.append(command)
            (self._world.queue if exchange == COMMANDS_EXCHANGE else self._world.delayed).append(Message(command))
            await self._world.watcher.commanded(command)


@dataclass
class World:
    """Runs, messages, and the scanners' code. `queue` is what the broker may deliver next, in any order; `events` and
    `commands` are all that was ever published."""

    runs: RunDocuments
    mailbox: Mailbox
    watcher: Watcher
    tasks: Collection
    slice_messages: int = 2
    queue: list[Message] = field(default_factory=list)
    delayed: list[Message] = field(default_factory=list)
    events: list[Event[Any]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        policy, plain = self.runs.policy, self.runs.database
        gated = cast("Database", GatedDatabase(plain, self.watcher))
        wire, metrics = _Wire(self), ScannerMetrics(CollectorRegistry())
        events, commands = EventPublisher(wire), Commands(wire)
        runs, tasks = gated["scan_runs"], TaskReader(gated["scanning_tasks"])
        leases, completion = Leases(runs, policy, owner="o"), Completion(runs, policy)
        invoices, ledger, cursors = (
            Invoices(gated["invoices"]),
            Ledger(gated["message_ledger"], kept_days=400),
            Cursors(gated["mailbox_cursors"]),
        )
        admission = RunAdmission(runs, policy)
        self._lifecycle = lifecycle = RunLifecycle(admission, tasks, invoices, events, commands)
        start_latency = StartLatency(admission, metrics)
        results = ScanResults(invoices, cursors)
        completer = UnitCompleter(leases, completion, lifecycle, results, start_latency, events, commands)
        isolator = PoisonIsolator(leases, SliceSplitter(runs, policy), lifecycle, ledger, commands)
        jobs = JobFactory(
            cast("SourceFactory", self.mailbox),
            ledger,
            Examiner(ParserPool(workers=0, limits=Limits()), metrics),
            ResultWriter(Documents(plain), invoices, ledger, events, metrics),
            JobLimits(slice_messages=self.slice_messages, units_at_once=2, groups_at_once=3),
        )

        def scanner() -> UnitExecutor:
            return UnitExecutor(
                leases,
                FairScheduler(plain["scan_runs"], leases, policy),  # it decides the order and nothing else
                LeaseKeeper(leases, events, policy, asyncio.Event()),
                completer,
                UnclaimedUnits(lifecycle, completer, isolator, policy),
                jobs,
                metrics,
            )

        self._scanner = scanner
        deleted = DeletedAccounts(plain["account_deletions"], lease_s=policy.lease_s)
        account_eraser = AccountEraser(lifecycle, ResultEraser(plain), deleted, lease_s=policy.lease_s)
        self._rescuer = Rescuer(RescueQueries(runs, policy), tasks, lifecycle, commands, account_eraser)

    # What arrives

    def request(self, task_id: str, **whose: str) -> Message:
        """The api's request for a scan, in the queue."""
        return self._put(a_request(task_id, **whose))

    def request_cancel(self, task_id: str) -> Message:
        return self._put(ScanCancelRequested(task_id=task_id, user_id="user", requested_at=utc_now(), reason="asked"))

    def _put(self, body: ScanRequested | ScanCancelRequested) -> Message:
        self.queue.append(Message(body))
        return self.queue[-1]

    def command(self, unit: Unit) -> Message:
        """The message in the queue that asks for this unit."""
        return next(m for m in self.queue if isinstance(m.body, Command) and m.body.unit == unit)

    # What happens

    def deliver(self, message: Message) -> Actor:
        """Hand a message to a scanner."""
        self.queue.remove(message)
        return Actor(str(message.body)).start(self._handle(message))

    async def _handle(self, message: Message) -> None:
        body = message.body
        if isinstance(body, ScanRequested):
            await self._lifecycle.request(body, redelivered=message.redelivered)
        elif isinstance(body, ScanCancelRequested):
            await self._lifecycle.cancel(body)
            await self.watcher.cancel_acked(body.task_id)
        else:
            await self._scanner().execute(body, marked=body.rescue or message.redelivered)
        async with step(ACK):
            pass

    def redeliver(self, message: Message, *, flagged: bool = True) -> Message:
        """The broker's copy of a message that was not acked; the flag may be missing after a failover."""
        again = replace(message, redelivered=flagged)
        self.queue.append(again)
        return again

    async def handled(self, message: Message) -> None:
        """A message from its delivery to its ack, undisturbed."""
        await self.deliver(message).finish()

    def sweep(self) -> Actor:
        return Actor("sweep").start(self._rescuer.sweep())

    async def time_passes(self) -> None:
        """Everything that a time is set for is due, leases included."""
        await everything_is_due(self.runs.collection)
        await self.watcher.changed()

    async def show_ends(self) -> None:
        """The status service folds the terminal events."""
        for event in self.events:
            status = _STATUS.get(event.routing_key)
            if status is not None:
                await self.tasks.update_one({"_id": event.subject}, {"$set": {"status": status}}, upsert=True)

    async def drain(self) -> None:
        """Handle everything undisturbed, with sweeps and time in between, until nothing is left to be done."""
        for _ in range(_ROUNDS):
            while self.queue:
                await self._handled_or_deadly(self.queue[0])
            self.queue, self.delayed = self.delayed, []
            if self.queue:
                await self.time_passes()
                continue
            await self.show_ends()
            if not await self.runs.collection.find_one({"settled": {"$ne": True}, "state": {"$ne": "announced"}}):
                return
            await self.time_passes()
            await self.sweep().finish()
        raise AssertionError("the runs do not come to an end")

    async def forget(self) -> None:
        """An empty database again."""
        for name in ("scan_runs", "message_ledger", "mailbox_cursors"):
            await self.runs.database[name].delete_many({})
        await self.tasks.delete_many({})
        self.events.clear()
        self.commands.clear()
        await self.watcher.changed()

    async def _handled_or_deadly(self, message: Message) -> None:
        actor = self.deliver(message)
        while (at := await actor.at()) is not None:
            if at == DEADLY:
                await actor.kill()
                self.redeliver(message)
                return
            await actor.step()

    # What is to be seen

    def told(self, task_id: str) -> list[str]:
        """The routing keys of a task's events, without progress."""
        keys = [event.routing_key for event in self.events if event.subject == task_id]
        return [key for key in keys if key != "scan.progressed.v1"]

    def ends(self, task_id: str) -> set[tuple[str, str]]:
        """Routing key and id of a task's terminal events, each once however often it was published."""
        return {(e.routing_key, e.id) for e in self.events if e.subject == task_id and e.routing_key in _STATUS}

    async def states(self) -> dict[str, str]:
        return {run["_id"]: run["state"] async for run in self.runs.collection.find()}


_ROUNDS = 60


@asynccontextmanager
async def a_world(
    database: TestDatabase, policy: Policy, *, messages: int = 4, slice_messages: int = 2, watched: bool = False
) -> AsyncIterator[World]:
    """A world on a fresh database; every delivery has a scanner of its own, and every step may be watched."""
    async with run_documents(database.url("scanner"), database.name, policy) as runs:
        await ensure_indexes(runs.database, FOUND_INDEXES)
        administrator = connect(database.url("administrator"), service="test")
        try:
            tasks = administrator[database.name]["scanning_tasks"]
            watcher = Invariants(runs.collection, policy) if watched else Watcher()
            yield World(runs, Mailbox(messages), watcher, tasks, slice_messages)
        finally:
            administrator.close()
