"""Connections to the servers that are checked: opened once, and each answer fetched once."""

import datetime as dt
from collections.abc import Callable
from functools import cache, cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from cli.doctor.result import Finding, problem, unknown
from cli.doctor.target import Target
from shared.mongo import Document

SECONDS = 10.0
_START = "start it, or correct its address"
Item = dict[str, Any]


class ServerConnections:
    """Raises the drivers' errors. `broker_problem` and `database_problem` say first whether a
    server can be used at all."""

    def __init__(self, target: Target, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.target = target
        self.now = now
        self._http = httpx.Client(timeout=SECONDS, trust_env=False)
        self._mongo = (
            None
            if target.mongo_url is None
            else MongoClient[Document](target.mongo_url, timeoutMS=int(SECONDS * 1000), tz_aware=True)
        )
        self.get_management: Callable[[str], Any] = cache(self._get_management)

    def __enter__(self) -> Self:
        """Do nothing: connections are opened when they are needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()
        if self._mongo is not None:
            self._mongo.close()

    @property
    def http(self) -> httpx.Client:
        """Return the client for other requests over HTTP."""
        return self._http

    @property
    def mongo(self) -> MongoClient[Document]:
        """Return the database server, as the administrator."""
        if self._mongo is None:
            raise LookupError("no database is named")
        return self._mongo

    @property
    def database(self) -> Database[Document]:
        """Return the product's database."""
        return self.mongo[self.target.database]

    def _get_management(self, path: str) -> Any:
        """Return the answer of RabbitMQ's management API to GET /api/..., where {vhost} stands for
        the virtual host."""
        url = f"{(self.target.management_url or '').rstrip('/')}/api/{path}"
        return self._http.get(url.replace("{vhost}", quote(self.target.vhost, safe=""))).raise_for_status().json()

    def list_management(self, path: str) -> list[Item]:
        """Return the items of this virtual host from a list of all virtual hosts."""
        return [item for item in self.get_management(path) if item["vhost"] == self.target.vhost]

    @cached_property
    def broker_problem(self) -> Finding | None:
        """Return why RabbitMQ's management API cannot be used, or None."""
        url = self.target.management_url
        if url is None:
            return unknown(
                "The address of RabbitMQ's management API is not known.",
                "set MAILTALLY_RABBITMQ_MANAGEMENT_URL (http://user:password@host:15672)",
            )
        where = urlsplit(url).netloc.rpartition("@")[2]
        try:
            self.get_management("overview")
            self.get_management("queues/{vhost}")
        except httpx.HTTPStatusError as error:
            return _refusal(error.response.status_code, where, self.target.vhost)
        except (httpx.HTTPError, ValueError) as error:
            return problem(f"RabbitMQ's management API does not answer at {where} ({type(error).__name__}).", _START)
        return None

    @cached_property
    def database_problem(self) -> Finding | None:
        """Return why MongoDB cannot be used, or None."""
        if self._mongo is None:
            return unknown("The address of MongoDB is not known.", "set MAILTALLY_MONGO_URL")
        try:
            self._mongo.admin.command("ping")
        except OperationFailure as error:
            return problem(f"MongoDB refuses the login (code {error.code}).", "correct the user name or password")
        except PyMongoError as error:
            return problem(f"MongoDB does not answer ({type(error).__name__}).", _START)
        return None

    @property
    def machine_problem(self) -> Finding | None:
        """Return why the files of the stack cannot be checked, or None."""
        return unknown("The stack is not on this machine.") if self.target.layout is None else None


def _refusal(status: int, where: str, vhost: str) -> Finding:
    if status == httpx.codes.UNAUTHORIZED:
        says = f"RabbitMQ's management API at {where} refuses the user name or password."
        return problem(says, "correct them, and give the user the tag administrator")
    if status == httpx.codes.NOT_FOUND:
        return problem(
            f"RabbitMQ has no virtual host {vhost}.", "correct the path of MAILTALLY_AMQP_URL, or declare it"
        )
    return problem(
        f"RabbitMQ's management API at {where} refuses the request (HTTP {status}).", "use an administrator's user name"
    )
