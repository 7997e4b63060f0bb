"""Wiring of the scanner: the only place where its parts meet."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.scanner.credentials.connection_test import ConnectionTester
from services.scanner.credentials.login_provider import LoginProvider
from services.scanner.credentials.token_client import TokenClient
from services.scanner.event_publisher import EventPublisher
from services.scanner.extract.sandbox.pool import ParserPool
from services.scanner.handlers import SliceCommands, subscribe, subscribe_accounts
from services.scanner.jobs.account_erasure import AccountEraser
from services.scanner.jobs.commands import Commands
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
from services.scanner.repository.connection_leases import ConnectionLeases
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
from services.scanner.runs.indexes import RUN_INDEXES
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Policy
from services.scanner.runs.rescue import RescueQueries
from services.scanner.runs.splitting import SliceSplitter
from services.scanner.runs.start import RunAdmission
from services.scanner.settings import ScannerSettings
from services.scanner.sources.factory import SourceFactory
from services.scanner.sources.imap.pool import ConnectionPool
from services.scanner.sources.imap.session import Network
from services.scanner.sources.spool import Spool
from shared import mongo, serving
from shared.backoff import delays
from shared.health import Health, health_routes
from shared.indexes import ensure_indexes
from shared.messaging.broker import consumers_alive, consuming_broker, publishing_broker, start_when_reachable, stop
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.publishing import Publisher
from shared.net.address_policy import tls_context
from shared.observability.metrics import new_registry
from shared.sealing import Opener
from shared.supervision import Supervisor

_SERVICE = "scanner"
_LONGEST_SWEEP_S = 5.0
DRAIN_S = 10.0


class Scanner:
    """One scanner: `serve` until it is cancelled, then `stop`."""

    def __init__(self, settings: ScannerSettings, registry: CollectorRegistry) -> None:
        policy = Policy(
            lease_s=settings.slice_lease_s,
            slots=settings.max_active_scans_per_user,
            window=settings.slice_window,
        )
        self.client = mongo.connect(settings.mongo_url, service=_SERVICE)
        self._database = database = mongo.database(self.client, settings.mongo_database)
        self.consumer = consuming_broker(settings.amqp_url, service=_SERVICE, registry=registry)
        self.publisher = publishing_broker(settings.amqp_url, service=_SERVICE)
        self._stopping = asyncio.Event()
        self._spool = Spool()
        self._pool = ParserPool(workers=settings.scanner_concurrency, limits=settings.limits)
        self._sweep_s = min(settings.slice_lease_s / 3, _LONGEST_SWEEP_S)

        publisher = Publisher(self.publisher, registry)
        dead_letters = DeadLetters(publisher, registry)
        events, commands = EventPublisher(publisher), Commands(publisher)
        metrics = ScannerMetrics(registry)

        runs = database["scan_runs"]
        leases = Leases(runs, policy, owner=f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}")
        tasks = TaskReader(database["scanning_tasks"])
        invoices = Invoices(database["invoices"])
        ledger = Ledger(database["message_ledger"], kept_days=settings.ledger_days)
        cursors = Cursors(database["mailbox_cursors"])
        admission = RunAdmission(runs, policy)
        lifecycle = RunLifecycle(admission, tasks, invoices, events, commands)
        network = Network(settings.mail_hosts, tls_context(settings.mail_ca), settings.max_message_bytes)
        self._logins = LoginProvider(
            database["email_accounts"],
            Opener(settings.seal_private_key.get_secret_value()),
            TokenClient(network.policy, settings.mail_ca),
            events,
        )
        self._connections = ConnectionPool(
            network,
            self._logins,
            ConnectionLeases(database["mail_connections"], each=settings.mail_connections),
            count=partial(metrics.count_fetched_bytes, "imap"),
        )
        accounts = SourceFactory(
            database,
            self._connections,
            cursors,
            ledger,
            metrics,
            max_bytes=settings.max_message_bytes,
            pictures=settings.limits.ocr_enabled,
            spool=self._spool,
        )

        completion = Completion(runs, policy)
        completer = UnitCompleter(
            leases,
            completion,
            lifecycle,
            ScanResults(invoices, cursors),
            StartLatency(admission, metrics),
            events,
            commands,
        )
        isolator = PoisonIsolator(leases, SliceSplitter(runs, policy), lifecycle, ledger, commands)
        jobs = JobFactory(
            accounts,
            ledger,
            Examiner(self._pool, metrics),
            ResultWriter(Documents(database), invoices, ledger, events, metrics),
            JobLimits(
                slice_messages=settings.slice_messages,
                units_at_once=settings.units_at_once,
                groups_at_once=settings.scanner_concurrency + 1,
            ),
        )
        executor = UnitExecutor(
            leases,
            FairScheduler(runs, leases, policy),
            LeaseKeeper(leases, events, policy, self._stopping),
            completer,
            UnclaimedUnits(lifecycle, completer, isolator, policy),
            jobs,
            metrics,
        )
        self._slices = SliceCommands(executor, dead_letters, self._stopping)
        deleted = DeletedAccounts(database["account_deletions"], lease_s=policy.lease_s)
        account_eraser = AccountEraser(lifecycle, ResultEraser(database), deleted, lease_s=policy.lease_s)
        self._rescuer = Rescuer(RescueQueries(runs, policy), tasks, lifecycle, commands, account_eraser)
        tester = ConnectionTester(database, self._logins, network, events)
        subscribe(self.consumer, lifecycle, self._slices, dead_letters, at_once=settings.units_at_once)
        subscribe_accounts(self.consumer, account_eraser, tester, dead_letters)

    async def serve(self) -> None:
        """Start each part once what it needs is available; then run the rescuer for ever."""
        for delay in delays():
            try:
                await ensure_indexes(self._database, {**RUN_INDEXES, **FOUND_INDEXES})
                break
            except mongo.UNAVAILABLE:
                await asyncio.sleep(delay)
        await self._pool.start()
        await start_when_reachable(self.publisher)
        await start_when_reachable(self.consumer)
        await self._rescuer.run_forever(every_s=self._sweep_s)

    async def stop(self) -> None:
        """Accept no more work, hand back the units under way, close everything."""
        self._stopping.set()
        # Each step is taken even if one before it fails: what stays open keeps the process alive.
        # Last in, first out.
        async with AsyncExitStack() as closing:
            closing.push_async_callback(mongo.close, self.client)
            closing.callback(self._spool.close)
            closing.push_async_callback(self._pool.close)
            closing.push_async_callback(self._connections.close)
            closing.push_async_callback(stop, self.publisher)
            closing.push_async_callback(self._logins.close)
            closing.push_async_callback(stop, self.consumer)
            closing.push_async_callback(self._slices.drain, within_s=DRAIN_S)


def build(settings: ScannerSettings, supervisor: Supervisor) -> Starlette:
    """Build the scanner with its health and metrics over HTTP."""
    registry = new_registry()
    scanner = Scanner(settings, registry)

    async def broker_connected() -> bool:
        return await scanner.publisher.ping(timeout=1.0)

    async def database_reachable() -> bool:
        return await mongo.is_reachable(scanner.client)

    async def consuming() -> bool:
        return await consumers_alive(scanner.consumer)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        supervisor.start(_SERVICE, scanner.serve())
        yield
        await supervisor.stop()
        await scanner.stop()

    health = Health(
        {
            "broker": broker_connected,
            "database": database_reachable,
            "consumers": consuming,
            "tasks": supervisor.alive,
        }
    )
    return Starlette(routes=health_routes(health, registry), lifespan=lifespan)


def main() -> None:
    """Run the scanner until a signal."""
    serving.run(_SERVICE, ScannerSettings, build)
