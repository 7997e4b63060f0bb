"""The api process: wiring of its services, routes and background tasks."""

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
from services.api.accounts.connection_check import PendingChecks
from services.api.accounts.secret_rotation import SecretStore
from services.api.accounts.services import build_account_services
from services.api.admin.services import build_admin_services
from services.api.audit_log import AuditLog
from services.api.deadlines import DEADLINES, Deadlines
from services.api.dependencies import Services
from services.api.http import problems
from services.api.http.middleware import RequestMiddleware
from services.api.identity.services import build_identity_services
from services.api.indexes import INDEXES
from services.api.invoices.services import build_invoice_services
from services.api.live.broker_feed import feed_checks, feed_hub
from services.api.live.hub import Hub
from services.api.live.resync import ping_forever, resync_forever
from services.api.live.services import LiveServices
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
from services.api.scans.services import build_scan_services
from services.api.settings import ApiSettings
from services.api.web import errors as error_pages
from services.api.web import page_request
from services.api.web.routers import PAGES
from services.api.webhooks.services import build_webhook_services
from shared import mongo
from shared.backoff import delays
from shared.contract.routes import schema_routes
from shared.health import Health, health_routes
from shared.indexes import ensure_indexes
from shared.messaging.broker import consumers_alive, consuming_broker, publishing_broker, start_when_reachable, stop
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.publishing import Publisher
from shared.mongo import Database
from shared.observability.metrics import new_registry
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
"""The routers, those with the most requests first: routes are matched in this order."""


def main() -> None:
    """Run the service until a signal stops it."""
    run("api", ApiSettings, build)


def application(routes: Sequence[BaseRoute] = (), **options: Any) -> FastAPI:
    """Create the application: routes, error handlers and OpenAPI document, without the services
    behind them."""
    api_routes = [route for router in _ROUTERS for route in router.routes]
    app = FastAPI(
        title="Mailtally",
        description=_DESCRIPTION,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        # FastAPI's spans would duplicate those of `shared.observability.telemetry`, and even while
        # they are off each request pays for the check.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Passed as they are, because routes of `include_router` take a second matching step for
        # each request.
        routes=[*api_routes, *routes],
        **options,
    )
    problems.install(app, app.routes)
    error_pages.install(app)
    page_request.install(app)
    openapi.describe(app, api_routes)
    return app


def build(settings: ApiSettings, supervisor: Supervisor, deadlines: Deadlines = DEADLINES) -> ASGIApp:
    """Create the ASGI application; it responds to /livez at once and connects in the background."""
    registry = new_registry()
    client = mongo.connect(settings.mongo_url, service="api", operation_ms=round(deadlines.operation_s * 1000))
    database = mongo.database(client, settings.mongo_database)
    consuming = consuming_broker(settings.amqp_url, service="api", registry=registry)
    publishing = publishing_broker(settings.amqp_url, service="api")
    publisher = Publisher(publishing, registry, confirm_s=deadlines.confirm_s)
    metrics, pending_checks = Metrics(registry), PendingChecks()
    services = _build_services(settings, database, publisher, deadlines, metrics, pending_checks)
    hub = services.live.hub
    feed_hub(consuming, hub)
    feed_checks(consuming, pending_checks)
    secret_rotation.subscribe(consuming, SecretStore(database), DeadLetters(publisher, registry))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        supervisor.start_step("indexes", _ensure_indexes(database))
        supervisor.start_step("live feed", start_when_reachable(consuming))
        supervisor.start_step("publisher", start_when_reachable(publishing))
        supervisor.start("corrections", services.invoices.corrections.run(every_s=_ORPHANS_SECONDS))
        supervisor.start("pings", ping_forever(hub))
        supervisor.start("changes", resync_forever(hub, services.scans.tasks))
        supervisor.start("deletions", services.accounts.deletion.run(every_s=_DELETIONS_SECONDS))
        try:
            yield
        finally:
            await supervisor.stop()
            await stop(consuming)
            await stop(publishing)
            await mongo.close(client)

    health = Health(
        {
            "broker": lambda: _are_connected(consuming, publishing),
            "database": lambda: mongo.is_reachable(client),
            "consumers": lambda: consumers_alive(consuming),
            "tasks": supervisor.alive,
        }
    )
    app = application([*health_routes(health, registry), *schema_routes()], lifespan=lifespan)
    app.state.services = services
    supervisor.before_stop(hub.close)
    return _behind_proxies(_with_cors(RequestMiddleware(app, metrics, error_pages.error_page), settings), settings)


def _build_services(
    settings: ApiSettings,
    database: Database,
    publisher: Publisher,
    deadlines: Deadlines,
    metrics: Metrics,
    pending_checks: PendingChecks,
) -> Services:
    audit_log = AuditLog(database)
    identity = build_identity_services(settings, database)
    scan_services = build_scan_services(database, publisher, deadlines)
    invoice_services = build_invoice_services(database)
    return Services(
        identity=identity,
        scans=scan_services,
        invoices=invoice_services,
        accounts=build_account_services(
            settings, database, publisher, pending_checks=pending_checks, scans=scan_services, invoices=invoice_services
        ),
        webhooks=build_webhook_services(settings, database, publisher, audit_log=audit_log, scans=scan_services),
        admin=build_admin_services(
            settings, database, publisher, audit_log=audit_log, identity=identity, scans=scan_services
        ),
        live=LiveServices(hub=Hub(), open_streams=metrics.open_streams),
    )


async def _ensure_indexes(database: Database) -> None:
    for delay in delays():
        try:
            await ensure_indexes(database, INDEXES)
            return
        except mongo.UNAVAILABLE as error:
            extra = {"event": "index_creation_deferred", "reason": type(error).__name__}
            logger.warning("indexes not created: database unavailable, retrying", extra=extra)
            await asyncio.sleep(delay)


def _with_cors(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    """Let pages of the allowed origins call the api with a token; sessions are for its own origin
    alone."""
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
    """Trust X-Forwarded-For and -Proto of the configured proxies only."""
    return ProxyHeadersMiddleware(app, settings.proxies) if settings.proxies else app  # type: ignore[arg-type, return-value]


async def _are_connected(*brokers: RabbitBroker) -> bool:
    return all([await broker.ping(_PING_SECONDS) for broker in brokers])
