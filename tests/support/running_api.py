"""The real api on a port of this machine, and what a test needs around it."""

import asyncio
import datetime as dt
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from services.api.deadlines import Deadlines
from services.api.identity.tokens import TokenSigner
from services.api.main import build
from services.api.settings import ApiSettings
from shared import mongo
from shared.events import utc_now
from shared.mongo import Database, Document
from shared.serving import Protocol, Server
from shared.supervision import Supervisor
from tests.support.keys import PUBLIC_KEY
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, eventually

SECRET = "a secret for tests that is long enough"
MBOX = b"From a@example.com Thu Nov 12 09:00:00 2026\nFrom: a@example.com\nSubject: one\n\nHello\n\n"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""`verify` of clients that never speak TLS: without it httpx reads every authority's certificate, once a client."""
ALL_CHECKS = ("broker", "database", "consumers", "tasks")
UNHURRIED = Deadlines(operation_s=SECONDS, confirm_s=SECONDS, accept_s=SECONDS, abandoned_s=2 * SECONDS)
"""Where a test is not about servers that are away, a slow one makes no request fail."""


def bearer(user_id: str, *, admin: bool = False) -> dict[str, str]:
    """The header with a user's token."""
    token = TokenSigner(SecretStr(SECRET)).issue(user_id=user_id, name=user_id, admin=admin)
    return {"Authorization": f"Bearer {token}"}


@dataclass
class RunningApi:
    """`database` is an administrator's, to look and to play the other services."""

    url: str
    database: Database
    _open: Callable[[httpx.AsyncClient], None]

    def client(self, user_id: str, *, admin: bool = False) -> httpx.AsyncClient:
        """A client that sends a user's token."""
        headers = bearer(user_id, admin=admin)
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=SECONDS, verify=PLAIN)
        self._open(client)
        return client


@dataclass(frozen=True)
class Somebody:
    """A user and their client; `database` is the one of the api."""

    user_id: str
    client: httpx.AsyncClient
    database: Database


def somebody_of(api: RunningApi) -> Somebody:
    """A new user of the api."""
    user_id = f"somebody-{secrets.token_hex(6)}"
    return Somebody(user_id, api.client(user_id), api.database)


@asynccontextmanager
async def running_api(
    vhost: Vhost,
    database: TestDatabase,
    *,
    checks: Collection[str] = ALL_CHECKS,
    deadlines: Deadlines = UNHURRIED,
    **changes: Any,
) -> AsyncIterator[RunningApi]:
    """Start it, wait until it is ready as far as these checks go, stop it. `changes` are settings."""
    values: dict[str, Any] = {
        "amqp_url": vhost.url("api"),
        "operator_amqp_url": vhost.url("operator"),
        "mongo_url": database.url("api"),
        "mongo_database": database.name,
        "jwt_secret": SecretStr(SECRET),
        "seal_public_key": PUBLIC_KEY,
        "max_upload_mb": 1,
    }
    settings = ApiSettings(**{**values, **changes})
    administrator = mongo.connect(database.url("administrator"), service="tests")
    clients: list[httpx.AsyncClient] = []
    try:
        async with serving(settings, deadlines) as url:
            await until_ready(url, checks=checks)
            try:
                yield RunningApi(url, mongo.database(administrator, database.name), clients.append)
            finally:
                for client in clients:
                    await client.aclose()
    finally:
        administrator.close()


@asynccontextmanager
async def serving(settings: ApiSettings, deadlines: Deadlines = UNHURRIED) -> AsyncIterator[str]:
    """Serve the api on a free port, whether or not its servers can be reached; yields its URL."""
    supervisor = Supervisor()
    app = build(settings, supervisor, deadlines)
    config = uvicorn.Config(
        app, http=Protocol, port=0, log_config=None, lifespan="on", proxy_headers=False, timeout_graceful_shutdown=5
    )
    server = Server(supervisor, config)
    task = asyncio.create_task(server.serve())

    async def has_started() -> bool:
        return server.started

    try:
        await eventually(has_started)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await task


async def until_ready(url: str, *, checks: Collection[str] = ALL_CHECKS) -> None:
    """Return when the api answers that these checks are good."""
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, verify=PLAIN) as client:

        async def is_ready() -> bool:
            try:
                report = (await client.get("/readyz")).json()["checks"]
            except httpx.TransportError:
                return False
            return all(report[check] for check in checks)

        await eventually(is_ready)


async def add_mailbox(client: httpx.AsyncClient, content: bytes = MBOX) -> str:
    """A new account with an uploaded mailbox; returns its id."""
    created = await client.post("/v1/accounts", json={"label": "Office", "source": {"kind": "upload"}})
    account_id: str = created.raise_for_status().json()["account_id"]
    (await client.put(f"/v1/accounts/{account_id}/mailbox", content=content)).raise_for_status()
    return account_id


def a_task(task: dict[str, Any], **changes: Any) -> Document:
    """The document of a task, as the status service would write it after the api answered with `task`."""
    at = dt.datetime.fromisoformat(task["created_at"])
    known = {name: task[name] for name in ("task_id", "user_id", "account_id", "scan_type", "full")}
    return {"_id": task["task_id"], **known, "created_at": at, "updated_at": utc_now(), "version": 1, **changes}
