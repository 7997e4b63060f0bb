"""The servers of a target while they are examined: connected to once, and each answer asked for once."""

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
_START = "start it, or mend its address"
Item = dict[str, Any]


class ServerConnections:
    """Raises the drivers' errors; `why_not_broker` and `why_not_database` tell first whether one may ask at all."""

    def __init__(self, target: Target, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.target = target
        self.now = now
        self._http = httpx.Client(timeout=SECONDS, trust_env=False)
        self._mongo = (
            None
            if target.mongo_url is None
            else MongoClient[Document](target.mongo_url, timeoutMS=int(SECONDS * 1000), tz_aware=True)
        )
        self.ask: Callable[[str], Any] = cache(self._ask)

    def __enter__(self) -> Self:
        """Connections are opened when they are needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes them."""
        self._http.close()
        if self._mongo is not None:
            self._mongo.close()

    @property
    def http(self) -> httpx.Client:
        """For whatever else is asked over HTTP."""
        return self._http

    @property
    def mongo(self) -> MongoClient[Document]:
        """The database server, as the administrator."""
        if self._mongo is None:
            raise LookupError("no database is named")
        return self._mongo

    @property
    def database(self) -> Database[Document]:
        """The product's database."""
        return self.mongo[self.target.database]

    def _ask(self, path: str) -> Any:
        """What RabbitMQ's management API answers at /api/..., where {vhost} stands for the virtual host."""
        url = f"{(self.target.management_url or '').rstrip('/')}/api/{path}"
        return self._http.get(url.replace("{vhost}", quote(self.target.vhost, safe=""))).raise_for_status().json()

    def list_of_vhost(self, path: str) -> list[Item]:
        """The same for lists of all virtual hosts: the items of this one."""
        return [item for item in self.ask(path) if item["vhost"] == self.target.vhost]

    @cached_property
    def broker_problem(self) -> Finding | None:
        """Why RabbitMQ's management API cannot be asked, if it cannot."""
        url = self.target.management_url
        if url is None:
            return unknown(
                "RabbitMQ's management API is not named.",
                "set MAILTALLY_RABBITMQ_MANAGEMENT_URL (http://user:password@host:15672)",
            )
        where = urlsplit(url).netloc.rpartition("@")[2]
        try:
            self.ask("overview")
            self.ask("queues/{vhost}")
        except httpx.HTTPStatusError as error:
            return _refusal(error.response.status_code, where, self.target.vhost)
        except (httpx.HTTPError, ValueError) as error:
            return problem(f"RabbitMQ's management API does not answer at {where} ({type(error).__name__}).", _START)
        return None

    @cached_property
    def database_problem(self) -> Finding | None:
        """Why MongoDB cannot be asked, if it cannot."""
        if self._mongo is None:
            return unknown("MongoDB is not named.", "set MAILTALLY_MONGO_URL")
        try:
            self._mongo.admin.command("ping")
        except OperationFailure as error:
            return problem(f"MongoDB refuses the login (code {error.code}).", "mend the name or the password")
        except PyMongoError as error:
            return problem(f"MongoDB does not answer ({type(error).__name__}).", _START)
        return None

    @property
    def machine_problem(self) -> Finding | None:
        """Why the files of the stack cannot be looked at, if they cannot."""
        return unknown("The stack is not on this machine.") if self.target.layout is None else None


def _refusal(status: int, where: str, vhost: str) -> Finding:
    if status == httpx.codes.UNAUTHORIZED:
        says = f"RabbitMQ's management API at {where} refuses the name or the password."
        return problem(says, "mend them, and give the user the tag administrator")
    if status == httpx.codes.NOT_FOUND:
        return problem(f"RabbitMQ has no virtual host {vhost}.", "mend the path of MAILTALLY_AMQP_URL, or declare it")
    return problem(f"RabbitMQ's management API at {where} refuses it (HTTP {status}).", "use an administrator's name")
