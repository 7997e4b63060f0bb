"""The api process: everything is put together here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.api.accounts import secret_rotation
from services.api.accounts.connection_check import AccountChecks, Waiting
from services.api.accounts.deletion import AccountDeletion
from services.api.accounts.imap_settings import MailSources
from services.api.accounts.secret_rotation import AccountSecrets
from services.api.accounts.service import Accounts
from services.api.accounts.upload.service import MailboxUploads
from services.api.admin.dead_letters.service import DeadLetterOffice
from services.api.admin.queue_depths import QueueLengths
from services.api.admin.task_cleanup import Cleanup
from services.api.admin.users import Users
from services.api.audit_log import Audit
from services.api.deadlines import DEADLINES, Deadlines
from services.api.dependencies import Services
from services.api.http import problems
from services.api.http.middleware import Edge
from services.api.http.rate_limit import RateLimiter
from services.api.identity.authenticator import Authenticator
from services.api.identity.credentials import Credentials
from services.api.identity.login import Login
from services.api.identity.oidc import OidcTokens
from services.api.identity.passwords import Passwords
from services.api.identity.throttle import LoginThrottle
from services.api.identity.tokens import Tokens
from services.api.indexes import INDEXES
from services.api.invoices.corrections import Corrections
from services.api.invoices.document_reader import DocumentReader
from services.api.invoices.page_images.service import PagePictures
from services.api.invoices.reader import InvoiceReader
from services.api.live.broker_feed import feed, feed_checks
from services.api.live.hub import Hub
from services.api.live.resync import keep_beating, keep_in_step
from services.api.metrics import Metrics
from services.api.openapi import schema as openapi
from services.api.routes import (
    accounts,
    admin,
    auth,
    dead_letters,
    docs,
    events,
    exports,
    invoices,
    mailboxes,
    me,
    scans,
    webhooks,
)
from services.api.scans.cancel import Cancels
from services.api.scans.ledger_reader import LedgerReader
from services.api.scans.request_repository import ScanRequests
from services.api.scans.start import Scans
from services.api.scans.task_reader import TaskReader
from services.api.settings import ApiSettings
from services.api.web import errors as error_pages
from services.api.web import page_request
from services.api.web.routers import PAGES
from services.api.webhooks.delivery_repository import DeliveryRepository
from services.api.webhooks.delivery_service import DeliveryService
from services.api.webhooks.signing import SecretCipher
from services.api.webhooks.webhook_service import WebhookService
from shared import mongo
from shared.backoff import delays
from shared.contract.routes import schema_routes
from shared.health import Health, health_routes
from shared.indexes import ensure_indexes
from shared.messaging.broker import consumers_alive, consuming_broker, publishing_broker, start_when_reachable, stop
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.publishing import Publisher
from shared.observability.metrics import new_registry
from shared.sealing import Sealer
from shared.serving import run
from shared.supervision import Supervisor
from shared.version import VERSION

logger = logging.getLogger("mailtally.api")

_PING_SECONDS = 2.0
_DESCRIPTION = (
    "Scans mailboxes for invoices and receipts. Errors are application/problem+json (RFC 9457) with a stable code; "
    "lists are paged by cursor; a request with an Idempotency-Key may be sent again. See docs/api.md."
)
_DELETIONS_SECONDS = 30.0
_ORPHANS_SECONDS = 300.0
_ROUTERS = (
    scans.router,
    events.router,
    accounts.router,
    mailboxes.router,
    exports.router,
    invoices.router,
    auth.router,
    me.router,
    webhooks.router,
    admin.router,
    dead_letters.router,
    docs.router,
    *PAGES,
)
"""What is asked for most often comes first: routes are looked through in this order."""


def main() -> None:
    """Run the service until a signal."""
    run("api", ApiSettings, build)


def application(routes: Sequence[BaseRoute] = (), **options: Any) -> FastAPI:
    """The routes, how their errors are answered, and their description; without what they work with."""
    ours = [route for router in _ROUTERS for route in router.routes]
    app = FastAPI(
        title="Mailtally",
        description=_DESCRIPTION,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        # Its spans would stand beside those of `shared.observability.telemetry`, and whether there are any is asked
        # at each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Handed over as they are: what `include_router` makes of them is looked through in two steps for each request.
        routes=[*ours, *routes],
        **options,
    )
    problems.install(app, app.routes)
    error_pages.install(app)
    page_request.install(app)
    openapi.describe(app, ours)
    return app


def build(settings: ApiSettings, supervisor: Supervisor, deadlines: Deadlines = DEADLINES) -> ASGIApp:
    """The application; it answers /livez at once and connects in the background."""
    registry = new_registry()
    client = mongo.connect(settings.mongo_url, service="api", operation_ms=round(deadlines.operation_s * 1000))
    database = mongo.database(client, settings.mongo_database)
    consuming = consuming_broker(settings.amqp_url, service="api", registry=registry)
    publishing = publishing_broker(settings.amqp_url, service="api")

    hub, waiting, metrics = Hub(), Waiting(), Metrics(registry)
    publisher = Publisher(publishing, registry, confirm_s=deadlines.confirm_s)
    feed(consuming, hub)
    feed_checks(consuming, waiting)
    secret_rotation.subscribe(consuming, AccountSecrets(database), DeadLetters(publisher, registry))
    requests, tasks, found = ScanRequests(database), TaskReader(database), InvoiceReader(database)
    tokens = Tokens(settings.jwt_secret) if settings.jwt_secret else None
    oidc = (
        OidcTokens(settings.oidc_issuer, settings.oidc_audience)
        if settings.oidc_issuer and settings.oidc_audience
        else None
    )
    credentials, passwords, throttle = Credentials(database), Passwords(), LoginThrottle(database)
    cancels = Cancels(requests=requests, tasks=tasks, publisher=publisher)
    use_scans = Scans(database, requests=requests, tasks=tasks, publisher=publisher, deadlines=deadlines)
    sources = MailSources(
        Sealer(settings.seal_public_key),
        ports=settings.allowed_mail_ports,
        allow_private=settings.allow_private_mail_hosts,
    )
    use_accounts = Accounts(database, sources=sources, scans=use_scans, tasks=tasks, invoices=found)
    audit, deliveries = Audit(database), DeliveryRepository(database)
    webhook_service = WebhookService(
        database,
        cipher=SecretCipher(settings.webhook_key.get_secret_value()) if settings.webhook_key else None,
        deliveries=deliveries,
        audit=audit,
        allow_private=settings.allow_private_webhook_hosts,
    )
    services = Services(
        authenticator=Authenticator(credentials, tokens=tokens, oidc=oidc),
        credentials=credentials,
        login=Login(
            database,
            tokens=tokens,
            credentials=credentials,
            passwords=passwords,
            throttle=throttle,
            session_hours=settings.session_hours,
        ),
        limiter=RateLimiter(settings.rate_limit_per_minute),
        audit=audit,
        dead_letters=DeadLetterOffice(settings.operator_amqp_url, audit),
        queues=QueueLengths(settings.amqp_url),
        grafana_url=settings.grafana_url,
        users=Users(database, tokens=tokens, passwords=passwords, credentials=credentials),
        accounts=use_accounts,
        checks=AccountChecks(database, accounts=use_accounts, waiting=waiting, publisher=publisher),
        deletion=AccountDeletion(database, cancels=cancels, publisher=publisher),
        uploads=MailboxUploads(database, scans=use_scans, max_bytes=settings.max_upload_bytes),
        scans=use_scans,
        cancels=cancels,
        cleanup=Cleanup(requests=requests, tasks=tasks, publisher=publisher),
        tasks=tasks,
        ledger=LedgerReader(database),
        invoices=found,
        documents=DocumentReader(database),
        pictures=PagePictures(),
        corrections=Corrections(database),
        webhooks=webhook_service,
        deliveries=DeliveryService(
            database, webhooks=webhook_service, deliveries=deliveries, tasks=tasks, publisher=publisher
        ),
        hub=hub,
        metrics=metrics,
    )

    async def prepare() -> None:
        for delay in delays():
            try:
                await ensure_indexes(database, INDEXES)
                return
            except mongo.UNAVAILABLE as error:
                logger.warning("the database is not there yet", extra={"reason": type(error).__name__})
                await asyncio.sleep(delay)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        supervisor.start_step("indexes", prepare())
        supervisor.start_step("live feed", start_when_reachable(consuming))
        supervisor.start_step("publisher", start_when_reachable(publishing))
        supervisor.start("corrections", services.corrections.run(every_s=_ORPHANS_SECONDS))
        supervisor.start("pings", keep_beating(hub))
        supervisor.start("changes", keep_in_step(hub, tasks))
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
    app = application([*health_routes(health, registry), *schema_routes()], lifespan=lifespan)
    app.state.services = services
    supervisor.before_stop(hub.close)
    return _behind_proxies(_for_other_origins(Edge(app, metrics, error_pages.error_page), settings), settings)


def _for_other_origins(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    """Pages of the allowed origins may call the api with a token. Sessions are for its own origin alone."""
    if not settings.allowed_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Last-Event-ID",
        ],
        expose_headers=["ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"],
        max_age=600,
    )


def _behind_proxies(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    """X-Forwarded-For and -Proto are believed of these proxies only."""
    return ProxyHeadersMiddleware(app, settings.proxies) if settings.proxies else app  # type: ignore[arg-type, return-value]


async def _connected(*brokers: RabbitBroker) -> bool:
    return all([await broker.ping(_PING_SECONDS) for broker in brokers])
