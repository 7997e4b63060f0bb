"""The scanner's wiring: the only place where its parts meet."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.scanner.account_handlers import subscribe_accounts
from services.scanner.credentials.connection_test import MailboxChecks
from services.scanner.credentials.login_provider import MailLogins
from services.scanner.credentials.token_client import TokenRequests
from services.scanner.event_publisher import Announcements
from services.scanner.extract.sandbox.pool import ParserPool
from services.scanner.handlers import SliceCommands, subscribe
from services.scanner.jobs.account_erasure import Deleting
from services.scanner.jobs.commands import Commands
from services.scanner.jobs.completer import Finishing
from services.scanner.jobs.executor import Units
from services.scanner.jobs.lease_keeper import Holder
from services.scanner.jobs.poison_isolation import Isolation
from services.scanner.jobs.rescuer import Sweeper
from services.scanner.jobs.run_lifecycle import Lifecycle
from services.scanner.jobs.task_reader import Tasks
from services.scanner.metrics import ScannerMetrics
from services.scanner.repository.connection_leases import ConnectionLeases
from services.scanner.repository.cursors import Cursors
from services.scanner.repository.deletions import DeletedAccounts
from services.scanner.repository.documents import Documents
from services.scanner.repository.erasure import Erasure
from services.scanner.repository.indexes import FOUND_INDEXES
from services.scanner.repository.invoices import Invoices
from services.scanner.repository.ledger import Ledger
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import Findings
from services.scanner.runs.completion import Completion
from services.scanner.runs.fair_scheduler import Turns
from services.scanner.runs.indexes import RUN_INDEXES
from services.scanner.runs.leases import Leases
from services.scanner.runs.model import Policy
from services.scanner.runs.rescue import Sweeps
from services.scanner.runs.splitting import Splitting
from services.scanner.runs.start import Admission
from services.scanner.settings import ScannerSettings
from services.scanner.sources.factory import SourceFactory
from services.scanner.sources.imap.pool import ConnectionPool
from services.scanner.sources.imap.session import Network
from services.scanner.sources.spool import Spool
from services.scanner.start_latency import Starts
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
        announcements, commands = Announcements(publisher), Commands(publisher)
        metrics = ScannerMetrics(registry)

        runs = database["scan_runs"]
        leases = Leases(runs, policy, owner=f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}")
        tasks = Tasks(database["scanning_tasks"])
        invoices, ledger = (
            Invoices(database["invoices"]),
            Ledger(database["message_ledger"], kept_days=settings.ledger_days),
        )
        cursors = Cursors(database["mailbox_cursors"])
        admission = Admission(runs, policy)
        lifecycle = Lifecycle(admission, tasks, invoices, announcements, commands)
        starts = Starts(admission, metrics)
        completion = Completion(runs, policy)
        network = Network(settings.mail_hosts, tls_context(settings.mail_ca), settings.max_message_bytes)
        self._logins = MailLogins(
            database["email_accounts"],
            Opener(settings.seal_private_key.get_secret_value()),
            TokenRequests(network.policy, settings.mail_ca),
            announcements,
        )
        self._connections = ConnectionPool(
            network,
            self._logins,
            ConnectionLeases(database["mail_connections"], each=settings.mail_connections),
            count=partial(metrics.fetched, "imap"),
        )
        accounts = SourceFactory(
            database,
            self._connections,
            cursors,
            ledger,
            metrics,
            max_bytes=settings.max_message_bytes,
            pictures=settings.limits.reads_pictures,
            spool=self._spool,
        )

        units = Units(
            leases=leases,
            turns=Turns(runs, leases, policy),
            holder=Holder(leases, announcements, policy, self._stopping),
            finishing=Finishing(
                leases, completion, lifecycle, starts, invoices, cursors, announcements, commands, policy
            ),
            isolation=Isolation(leases, Splitting(runs, policy), lifecycle, ledger, commands),
            lifecycle=lifecycle,
            accounts=accounts,
            examiner=Examiner(self._pool, metrics),
            ledger=ledger,
            findings=Findings(Documents(database), invoices, ledger, announcements, metrics),
            metrics=metrics,
            policy=policy,
            slice_messages=settings.slice_messages,
            at_once=settings.units_at_once,
            groups_at_once=settings.scanner_concurrency + 1,
        )
        self._slices = SliceCommands(units, dead_letters, self._stopping)
        deleted = DeletedAccounts(database["account_deletions"], lease_s=policy.lease_s)
        deleting = Deleting(lifecycle, Erasure(database), deleted, lease_s=policy.lease_s)
        self._sweeper = Sweeper(Sweeps(runs, policy), tasks, lifecycle, commands, deleting)
        checks = MailboxChecks(database, self._logins, network, announcements)
        subscribe(self.consumer, lifecycle, self._slices, dead_letters, at_once=settings.units_at_once)
        subscribe_accounts(self.consumer, deleting, checks, dead_letters)

    async def serve(self) -> None:
        """Start everything, in the order of need, as soon as it can be reached; then sweep for ever."""
        for delay in delays():
            try:
                await ensure_indexes(self._database, {**RUN_INDEXES, **FOUND_INDEXES})
                break
            except mongo.UNAVAILABLE:
                await asyncio.sleep(delay)
        await self._pool.start()
        await start_when_reachable(self.publisher)
        await start_when_reachable(self.consumer)
        await self._sweeper.run(every_s=self._sweep_s)

    async def stop(self) -> None:
        """Take nothing more, hand back what is under way, close everything."""
        self._stopping.set()
        # Each step is taken even if one before it fails: what stays open keeps the process alive. Last in, first out.
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
    """The scanner with its health and metrics over HTTP."""
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
