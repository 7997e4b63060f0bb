"""The pages with everything behind them: api and status service in the test, the scanner played or real."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from playwright.async_api import Browser
from pydantic import SecretStr

from services.api.identity.authenticator import SESSION_COOKIE
from shared.events import EventData, new_event, utc_now
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from tests.support.browser import Visitor, a_visitor
from tests.support.keys import WEBHOOK_KEY
from tests.support.running_api import RunningApi, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.status_service import ready, status_service
from tests.support.waiting import eventually

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """A user: `client` for the API, `visitor` for the pages, both signed in."""

    name: str
    user_id: str
    client: httpx.AsyncClient
    visitor: Visitor

    async def mailbox(self, label: str = "Office", content: bytes | None = None) -> str:
        """A mailbox with an upload in it; its id."""
        account_id = await (add_mailbox(self.client) if content is None else add_mailbox(self.client, content))
        (await self.client.patch(f"/v1/accounts/{account_id}", json={"label": label})).raise_for_status()
        return account_id

    async def scan(self, account_id: str) -> str:
        """Ask for a scan; the task's id."""
        asked = await self.client.post(f"/v1/accounts/{account_id}/scans", json={"scan_type": "all"})
        task_id: str = asked.raise_for_status().json()["task_id"]
        return task_id


@dataclass
class Site:
    """The running product, whose scanner is the test."""

    api: RunningApi
    vhost: Vhost
    database: TestDatabase
    _browser: Browser
    _scanner: Publisher

    @asynccontextmanager
    async def person(self, *, admin: bool = False, **options: Any) -> AsyncIterator[Person]:
        """A user whom no other test knows; `options` are those of the browser's context."""
        name = f"ada-{os.urandom(4).hex()}"
        rights = {"admin": admin, "password": PASSWORD}
        async with self.api.client("operator", admin=True) as operator:
            made = (await operator.put(f"/v1/admin/users/{name}", json=rights)).raise_for_status().json()
            signed_in = await operator.post("/v1/auth/login", json={"username": name, "password": PASSWORD})
        session = signed_in.raise_for_status().cookies[SESSION_COOKIE]
        async with (
            a_visitor(self._browser, self.api.url, **options) as visitor,
            self.api.client(made["user_id"], admin=admin) as client,
        ):
            await visitor.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": self.api.url}])
            yield Person(name, made["user_id"], client, visitor)

    def stranger(self) -> AbstractAsyncContextManager[Visitor]:
        """A browser in which nobody is signed in."""
        return a_visitor(self._browser, self.api.url)

    async def say(self, data: EventData, sequence: int) -> None:
        """Play the scanner: one event of a scan, which the status service takes in."""
        event = new_event(data, service="scanner", sequence=sequence, time=utc_now())
        await self._scanner.publish(event)

    async def until(self, task_id: str, status: str) -> None:
        """Wait until the task is stored with this status."""

        async def is_stored() -> bool:
            return await self.api.database["scanning_tasks"].find_one({"_id": task_id, "status": status}) is not None

        await eventually(is_stored)


@asynccontextmanager
async def running_site(vhost: Vhost, database: TestDatabase, browser: Browser, **settings: Any) -> AsyncIterator[Site]:
    """Everything but a scanner, ready."""
    broker = publishing_broker(vhost.url("scanner"), service="scanner")
    async with (
        status_service(vhost, database) as status,
        running_api(vhost, database, webhook_key=SecretStr(WEBHOOK_KEY), **settings) as api,
    ):
        await start_when_reachable(broker)
        try:
            await eventually(lambda: ready(status))
            yield Site(api, vhost, database, browser, Publisher(broker))
        finally:
            await broker.stop()
