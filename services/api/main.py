"""The api process: everything is put together here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from starlette.types import ASGIApp

from services.api import account_secrets, openapi, problems
from services.api.account_checks import AccountChecks, Waiting
from services.api.account_deletion import AccountDeletion
from services.api.account_secrets import AccountSecrets
from services.api.accounts import Accounts
from services.api.auth import Tokens
from services.api.dependencies import Services
from services.api.edge import Edge
from services.api.live import Hub
from services.api.live_feed import feed, feed_checks
from services.api.mail_sources import MailSources
from services.api.mailbox_upload import MailboxUploads
from services.api.metrics import Metrics
from services.api.read_model.invoices import InvoiceReader
from services.api.read_model.ledger import LedgerReader
from services.api.read_model.tasks import TaskReader
from services.api.routes import accounts, admin, events, invoices, mailboxes, me, scans
from services.api.routes import problems as problem_pages
from services.api.scan_requests import ScanRequests
from services.api.scans import Scans
from services.api.settings import ApiSettings
from services.api.users import Users
from shared import mongo
from shared.broker import consumers_alive, consuming_broker, publishing_broker, start_when_reachable, stop
from shared.contract.routes import schema_routes
from shared.dead_letters import DeadLetters
from shared.health import Health, health_routes
from shared.metrics import VERSION, new_registry
from shared.publishing import Publisher
from shared.retry import delays
from shared.sealing import Sealer
from shared.serving import run
from shared.supervision import Supervisor

logger = logging.getLogger("mailtally.api")

_OPERATION_MS = 3_500
"""So that a request which meets a silent database is answered within 5 seconds."""
_PING_SECONDS = 2.0
_DELETIONS_SECONDS = 30.0
_ROUTERS = (
    me.router,
    accounts.router,
    mailboxes.router,
    scans.router,
    events.router,
    invoices.router,
    admin.router,
    problem_pages.router,
)


def main() -> None:
    """Run the service until a signal."""
    run("api", ApiSettings, build)


def build(settings: ApiSettings, supervisor: Supervisor) -> ASGIApp:
    """The application; it answers /livez at once and connects in the background."""
    registry = new_registry()
    client = mongo.connect(settings.mongo_url, service="api", operation_ms=_OPERATION_MS)
    database = mongo.database(client, settings.mongo_database)
    consuming = consuming_broker(settings.amqp_url, service="api", registry=registry)
    publishing = publishing_broker(settings.amqp_url, service="api", registry=registry)

    hub, waiting, metrics = Hub(), Waiting(), Metrics(registry)
    publisher = Publisher(publishing)
    feed(consuming, hub)
    feed_checks(consuming, waiting)
    account_secrets.subscribe(consuming, AccountSecrets(database), DeadLetters(publisher, registry))
    requests, tasks, found = ScanRequests(database), TaskReader(database), InvoiceReader(database)
    tokens = Tokens(settings.jwt_secret)
    use_scans = Scans(database, requests=requests, tasks=tasks, publisher=publisher)
    sources = MailSources(
        Sealer(settings.seal_public_key),
        ports=settings.allowed_mail_ports,
        allow_private=settings.allow_private_mail_hosts,
    )
    use_accounts = Accounts(database, sources=sources, scans=use_scans, tasks=tasks, invoices=found)
    services = Services(
        tokens=tokens,
        users=Users(database, tokens=tokens),
        accounts=use_accounts,
        checks=AccountChecks(database, accounts=use_accounts, waiting=waiting, publisher=publisher),
        deletion=AccountDeletion(database, scans=use_scans, publisher=publisher),
        uploads=MailboxUploads(database, scans=use_scans, max_bytes=settings.max_upload_bytes),
        scans=use_scans,
        tasks=tasks,
        ledger=LedgerReader(database),
        invoices=found,
        hub=hub,
        metrics=metrics,
    )

    async def ensure_indexes() -> None:
        for delay in delays():
            try:
                for owner in (services.users, services.accounts, requests):
                    await owner.ensure_indexes()
                return
            except mongo.UNAVAILABLE as error:
                logger.warning("the database is not there yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        supervisor.start_step("indexes", ensure_indexes())
        supervisor.start_step("live feed", start_when_reachable(consuming))
        supervisor.start_step("publisher", start_when_reachable(publishing))
        supervisor.start("deletions", services.deletion.run(every_s=_DELETIONS_SECONDS))
        try:
            yield
        finally:
            await supervisor.stop()
            await stop(consuming)
            await stop(publishing)
            await mongo.close(client)

    health = Health(
        {
            "broker": lambda: _connected(consuming, publishing),
            "database": lambda: mongo.is_reachable(client),
            "consumers": lambda: consumers_alive(consuming),
            "tasks": supervisor.alive,
        }
    )
    app = FastAPI(
        title="Mailtally",
        version=VERSION,
        lifespan=lifespan,
        redoc_url=None,
        routes=[*health_routes(health, registry), *schema_routes()],
    )
    app.state.services = services
    for router in _ROUTERS:
        app.include_router(router)
    problems.install(app)
    openapi.describe(app)
    return Edge(app, metrics)


async def _connected(*brokers: RabbitBroker) -> bool:
    return all([await broker.ping(_PING_SECONDS) for broker in brokers])
